"""`archdsl summary FILE`: layers, shapes, parameters and multiply-adds of networks."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence

from archdsl import driver
from archdsl.backends.report.view import Summary, view
from archdsl.cli.request import add_request_arguments, chosen_graphs


def add_arguments(parser: ArgumentParser) -> None:
    add_request_arguments(parser)
    parser.add_argument(
        "--depth", type=_levels, metavar="N", help="show N levels of blocks (json: all ops always)"
    )
    parser.add_argument(
        "--format", choices=("table", "json", "csv", "md"), default="table",
        help="json is one object for one network, a list for several (default: table)",
    )  # fmt: skip


def run(options: Namespace) -> int:
    """Shows every wanted network, or none where one has mistakes."""
    graphs, _ = chosen_graphs(options)
    with driver.bounded():  # the tree is as deep as the text nests
        found = [view(graph, options.depth) for graph in graphs]
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
