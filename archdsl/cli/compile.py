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
from archdsl.ir import Graph, Scope

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
        "--checkpoint",
        choices=("dense",),
        help="dense: keep only what the convolutions of dense blocks make, compute the rest again"
        " in backward",
    )
    parser.add_argument(
        "--target",
        choices=("module", "training", "inference"),
        default="module",
        help="module: what can be trained (default); training: the same in the layout that trains"
        " fastest, channels last; inference: beside the module an engine that loads its weights,"
        " NAME_inference.py",
    )
    parser.add_argument(
        "--dump", choices=("graph",), help="print the graph as text instead of writing code"
    )
    parser.add_argument(
        "--explain-passes",
        action="store_true",
        help="print what each rewrite for inference does and saves, instead of writing code",
    )


def run(options: Namespace) -> int:
    """Writes every wanted network, or none where one has mistakes."""
    graphs, origin = chosen_graphs(options)
    if options.dump:
        from archdsl.ir import dump

        for graph in graphs:
            print(dump(graph), end="")
        return 0
    if options.explain_passes:
        from archdsl.cli.effects import explain

        with driver.bounded():
            for graph in graphs:
                explain(graph)
        return 0
    with driver.bounded():  # modules are as deep as the text nests
        texts = _texts(graphs, origin, options)
    for name, text in texts.items():
        path = options.output / f"{name}.py"
        files.write(path, text)
        print(f"{path}: {text.count(chr(10))} lines")
    return 0


def _texts(graphs: Sequence[Graph], origin: str, options: Namespace) -> dict[str, str]:
    """The file of each network, adjusted where it has what the options are about."""
    from archdsl.backends.torch import Devices, emit
    from archdsl.passes.place import place

    if options.devices and not any(_has(graph.root, "towers") for graph in graphs):
        raise UsageError("--devices: no network here has a `split … on devices`")
    if options.checkpoint and not any(_has(graph.root, "dense", named=True) for graph in graphs):
        raise UsageError("--checkpoint dense: no network here has a block `label: dense … { … }`")
    texts = {}
    for graph in graphs:
        made, devices = graph, None
        if options.devices and _has(graph.root, "towers"):
            try:
                placed = place(graph, options.devices)
            except Rejected as rejected:
                raise Findings([rejected.diagnostic]) from None
            made, devices = placed.graph, Devices(placed.devices, placed.elsewhere)
        recompute = options.checkpoint is not None
        texts[graph.name] = emit(made, origin, devices, recompute, options.target == "training")
    return texts | (_engines(graphs, origin) if options.target == "inference" else {})


def _engines(graphs: Sequence[Graph], origin: str) -> dict[str, str]:
    """The inference engine of each network."""
    from archdsl.backends.torch import emit_engine
    from archdsl.passes.pipeline import optimised

    return {f"{g.name}_inference": emit_engine(optimised(g), origin) for g in graphs}


def _has(scope: Scope, kind: str, named: bool = False) -> bool:
    """Whether a network has a scope of a kind, with a name that makes it a module."""
    found = scope.kind == kind and (scope.name is not None or not named)
    inner = (item for item in scope.items if isinstance(item, Scope))
    return found or any(_has(item, kind, named) for item in inner)


def _devices(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:4]) <= MOST_DEVICES:
        raise ArgumentTypeError(f"{text!r} is not a number of devices from 1 to {MOST_DEVICES}")
    return int(text)
