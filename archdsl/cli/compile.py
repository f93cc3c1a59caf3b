"""`archdsl compile FILE`: PyTorch code, one standalone file a network."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path, PurePath

from archdsl import driver
from archdsl.cli import files
from archdsl.cli.request import add_request_arguments, request_from
from archdsl.diagnostics import Rejected, Sink
from archdsl.ir import Graph
from archdsl.ir import dump as dump_graph


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "file",
        metavar="FILE",
        help="an .arch file, `-` for standard input, or a network of the shipped library",
    )
    add_request_arguments(parser)
    parser.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        type=Path,
        default=Path("generated"),
        help="the folder to write to (default: generated)",
    )
    parser.add_argument(
        "--dump", choices=("graph",), help="print the graph as text instead of writing code"
    )


def run(options: Namespace) -> int:
    """0 when every wanted network was written; 1, and nothing written, where one has mistakes."""
    sink = Sink()
    texts: dict[str, str] = {}
    try:
        given = files.given(options.file)
        request = request_from(options, given.network)
        for graph in driver.graphs(given.source, files.library(), sink, request):
            texts[graph.name] = _text(graph, options.dump, PurePath(given.source.name).name)
    except Rejected as rejected:
        sink.add(rejected.diagnostic)
    if sink:
        from archdsl.diagnostics.draw import draw

        for diagnostic in sink.in_order():
            print(draw(diagnostic, sys.stderr.isatty()), end="\n\n", file=sys.stderr)
        return 1
    for name, text in texts.items():
        if options.dump:
            print(text, end="")
            continue
        path = options.output / f"{name}.py"
        files.write(path, text)
        print(f"{path}: {text.count(chr(10))} lines")
    return 0


def _text(graph: Graph, dump: str | None, origin: str) -> str:
    if dump:
        return dump_graph(graph)
    from archdsl.backends.torch import emit

    return emit(graph, origin)
