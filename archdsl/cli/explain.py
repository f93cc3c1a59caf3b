"""`archdsl explain CODE`: a page about a message."""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser, Namespace

from archdsl.cli.main import UsageError
from archdsl.cli.terminal import coloured, width
from archdsl.diagnostics import pages
from archdsl.diagnostics.suggest import did_you_mean

WIDEST = 100  # cells of a line that is easy to read
BLOCK = re.compile(r"^```.+$", re.MULTILINE)  # its words are for tests
EXAMPLES = (
    ("archdsl explain A301", "print the page of a message"),
    ("archdsl explain", "list all codes"),
)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "code", nargs="?", metavar="CODE", help="a code such as A301 (default: list all codes)"
    )


def run(options: Namespace) -> int:
    """Print the page of a code, or all codes with their titles."""
    if options.code is None:
        for code in pages.codes():
            print(f"{code}  {pages.title(code)}")
        return 0
    code = str(options.code).upper()
    text = pages.page(code)
    if text is None:
        hint = did_you_mean(code, pages.codes(), "`archdsl explain` lists all codes")
        raise UsageError(f"there is no code {options.code!r}; {hint}")
    print(_rendered(text) if width() else text.rstrip())
    return 0


def _rendered(text: str) -> str:
    """The page for a terminal: headings, code and emphasis without their marks."""
    from io import StringIO

    from rich.console import Console
    from rich.markdown import Markdown

    colour = coloured(sys.stdout)
    console = Console(
        file=StringIO(),
        width=min(width() or WIDEST, WIDEST),
        height=1,  # else rich ignores the width of a dumb terminal
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        legacy_windows=False,
    )
    with console.capture() as written:
        console.print(Markdown(BLOCK.sub("```", text), code_theme="ansi_dark"))
    return "\n".join(line.rstrip() for line in written.get().splitlines()).strip("\n")
