"""`archdsl compile FILE`: PyTorch code, one standalone file a network."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from archdsl import driver
from archdsl.cli import files
from archdsl.cli.request import add_request_arguments, chosen_graphs


def add_arguments(parser: ArgumentParser) -> None:
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
    """Writes every wanted network, or none where one has mistakes."""
    graphs, origin = chosen_graphs(options)
    if options.dump:
        from archdsl.ir import dump

        for graph in graphs:
            print(dump(graph), end="")
        return 0
    from archdsl.backends.torch import emit

    with driver.bounded():  # modules are as deep as the text nests
        texts = {graph.name: emit(graph, origin) for graph in graphs}
    for name, text in texts.items():
        path = options.output / f"{name}.py"
        files.write(path, text)
        print(f"{path}: {text.count(chr(10))} lines")
    return 0
