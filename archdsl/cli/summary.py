"""`archdsl summary FILE`: layers, shapes, parameters and multiply-adds of networks."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence

from archdsl import driver
from archdsl.backends.report.view import Summary, view
from archdsl.cli import files
from archdsl.cli.main import UsageError
from archdsl.cli.request import add_request_arguments, request_from
from archdsl.diagnostics import Rejected, Sink


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "file", metavar="FILE",
        help="an .arch file, `-` for standard input, or a network of the shipped library",
    )  # fmt: skip
    add_request_arguments(parser)
    parser.add_argument(
        "--depth", type=_levels, metavar="N", help="show N levels of blocks (json: all ops always)"
    )
    parser.add_argument(
        "--format", choices=("table", "json", "csv", "md"), default="table",
        help="json is one object for one network, a list for several (default: table)",
    )  # fmt: skip


def run(options: Namespace) -> int:
    """0 when every wanted network was shown; 1, and nothing shown, where one has mistakes.

    `UsageError` where the file has no network to show.
    """
    sink = Sink()
    found: list[Summary] = []
    try:
        given = files.given(options.file)
        request = request_from(options, given.network)
        graphs = driver.graphs(given.source, files.library(), sink, request)
        with driver.bounded():  # the tree is as deep as the text nests
            found = [view(graph, options.depth) for graph in graphs]
    except Rejected as rejected:
        sink.add(rejected.diagnostic)
    if sink:
        from archdsl.diagnostics.draw import draw

        for diagnostic in sink.in_order():
            print(draw(diagnostic, sys.stderr.isatty()), end="\n\n", file=sys.stderr)
        return 1
    if not found:
        raise UsageError(
            f"no network of {options.file!r} has all its parameters:"
            " choose one with --network, and bind them with --set NAME=VALUE"
        )
    print(_text(found, options.format))
    return 0


def _text(summaries: Sequence[Summary], style: str) -> str:
    if style == "table":
        from shutil import get_terminal_size

        from archdsl.backends.report.table import as_table

        terminal = sys.stdout.isatty()
        return as_table(summaries, get_terminal_size().columns if terminal else None, terminal)
    from archdsl.backends.report import formats

    write = {"json": formats.as_json, "csv": formats.as_csv, "md": formats.as_markdown}
    return write[style](summaries)


def _levels(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a number of levels: write 1 or more")
    return int(text)
