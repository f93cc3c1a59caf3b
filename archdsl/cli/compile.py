"""`archdsl compile FILE`: PyTorch code, one standalone file a network."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from pathlib import Path

from archdsl import driver
from archdsl.cli import files
from archdsl.cli.main import Findings, UsageError
from archdsl.cli.request import add_request_arguments, chosen_graphs
from archdsl.diagnostics import Rejected
from archdsl.ir import Graph

MOST_DEVICES = 64


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
        "--devices",
        type=_devices,
        metavar="N",
        help="put the towers of `split … on devices` on N devices in turn",
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
    with driver.bounded():  # modules are as deep as the text nests
        texts = _texts(graphs, origin, options.devices)
    for name, text in texts.items():
        path = options.output / f"{name}.py"
        files.write(path, text)
        print(f"{path}: {text.count(chr(10))} lines")
    return 0


def _texts(graphs: Sequence[Graph], origin: str, devices: int | None) -> dict[str, str]:
    """The file of each network; those with towers on several devices where that is wanted."""
    from archdsl.backends.torch import emit
    from archdsl.passes.place import has_towers

    if devices is None:
        return {graph.name: emit(graph, origin) for graph in graphs}
    if not any(has_towers(graph) for graph in graphs):
        raise UsageError("--devices: no network here has a `split … on devices`")
    return {
        graph.name: _placed(graph, origin, devices) if has_towers(graph) else emit(graph, origin)
        for graph in graphs
    }


def _placed(graph: Graph, origin: str, devices: int) -> str:
    from archdsl.backends.torch import Devices, emit
    from archdsl.passes.place import place

    try:
        placed = place(graph, devices)
    except Rejected as rejected:
        raise Findings([rejected.diagnostic]) from None
    return emit(placed.graph, origin, Devices(placed.devices, placed.elsewhere))


def _devices(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:4]) <= MOST_DEVICES:
        raise ArgumentTypeError(f"{text!r} is not a number of devices from 1 to {MOST_DEVICES}")
    return int(text)
