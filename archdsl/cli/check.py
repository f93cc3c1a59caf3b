"""`archdsl check FILE…`: every mistake with its place and the next step."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from archdsl import driver
from archdsl.cli import files
from archdsl.cli.request import add_plugin_argument
from archdsl.diagnostics import Diagnostic, Rejected, Sink
from archdsl.diagnostics.draw import draw


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="an .arch file, `-` for standard input, or a network of the shipped library",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    add_plugin_argument(parser)


def run(options: Namespace) -> int:
    """0 when nothing was found, else 1; `UsageError` for a file that cannot be read."""
    found: list[Diagnostic] = []
    for argument in options.files:
        found += findings(argument)
    found = _each_once(found)
    if options.format == "json":
        _print_json(found)
    else:
        _print_text(found, len(options.files))
    return 1 if found else 0


def findings(argument: str) -> list[Diagnostic]:
    """The mistakes of one file, in the order of its text."""
    sink = Sink()
    try:
        driver.check(files.given(argument).source, files.library(), sink)
    except Rejected as rejected:
        sink.add(rejected.diagnostic)
    return sink.in_order()


def _each_once(found: list[Diagnostic]) -> list[Diagnostic]:
    """Files that import the same one would report its mistakes again."""
    kept: dict[tuple[str, str, str], Diagnostic] = {}
    for diagnostic in found:
        kept.setdefault((diagnostic.code, diagnostic.message, str(diagnostic.span)), diagnostic)
    return list(kept.values())


def _print_text(found: list[Diagnostic], count: int) -> None:
    colour = sys.stdout.isatty()
    for diagnostic in found:
        print(draw(diagnostic, colour), end="\n\n")
    mistakes = {0: "no mistakes", 1: "1 mistake"}.get(len(found), f"{len(found)} mistakes")
    print(f"{mistakes} in {count} {'file' if count == 1 else 'files'}")


def _print_json(found: list[Diagnostic]) -> None:
    from json import dumps

    from archdsl.diagnostics.data import as_data

    print(dumps([as_data(diagnostic) for diagnostic in found], indent=2))
