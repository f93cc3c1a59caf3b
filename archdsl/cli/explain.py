"""`archdsl explain CODE`: a page about a message."""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser, Namespace
from typing import Any

from archdsl.cli.main import UsageError
from archdsl.cli.terminal import coloured, width
from archdsl.diagnostics import pages
from archdsl.diagnostics.suggest import did_you_mean

WIDEST = 100  # cells of a line that is easy to read
BLOCK = re.compile(r"^```.+$", re.MULTILINE)  # its words are for tests
EXAMPLES = (
    ("archdsl explain A301", "print the page of a message"),
    ("archdsl explain", "list all codes"),
    ("archdsl explain A301 --format json", "print an object for other tools"),
)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "code", nargs="?", metavar="CODE", help="a code such as A301 (default: list all codes)"
    )
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="output format (default: text)"
    )


def run(options: Namespace) -> int:
    """Print the page of a code, or all codes with their titles."""
    json = options.format == "json"
    if options.code is None:
        print(_as_json([_record(code) for code in pages.codes()]) if json else _listing())
        return 0
    code = str(options.code).upper()
    text = pages.page(code)
    if text is None:
        hint = did_you_mean(code, pages.codes(), "`archdsl explain` lists all codes")
        raise UsageError(f"there is no code {options.code!r}; {hint}")
    if json:
        print(_as_json({**_record(code), "page": text}))
    else:
        print(_rendered(text) if width() else text.rstrip())
    return 0


def _listing() -> str:
    return "\n".join(f"{code}  {pages.title(code)}" for code in pages.codes())


def _record(code: str) -> dict[str, str]:
    return {"code": code, "title": pages.title(code)}


def _as_json(data: Any) -> str:
    from json import dumps

    return dumps(data, indent=2)


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
