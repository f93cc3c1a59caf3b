"""`archdsl explain CODE`: a page about a message."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from archdsl.cli.main import UsageError
from archdsl.diagnostics import pages
from archdsl.diagnostics.suggest import did_you_mean

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
    print(text.rstrip())
    return 0
