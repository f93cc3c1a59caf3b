"""`archdsl memory FILE`: weights, gradients, optimizer state and activations, in bytes."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace

from archdsl.analyses.memory import DTYPES, OPTIMIZERS
from archdsl.cli.request import add_request_arguments, chosen_graphs
from archdsl.cli.table_format import ONE_OR_SEVERAL, add_format_argument

LARGEST_BATCH = 10**9


EXAMPLES = (
    ("archdsl memory resnet50 --batch 1,32", "print the memory for two batch sizes"),
    (
        "archdsl memory net.arch --dtype bf16 --optimizer adamw",
        "use another type and another optimizer",
    ),
    ("archdsl memory net.arch --ops", "print a line for each op"),
)


def add_arguments(parser: ArgumentParser) -> None:
    add_request_arguments(parser)
    parser.add_argument(
        "--batch", type=_batches, default=(1,), metavar="N[,N…]",
        help="batch sizes: --batch 1,32,256 (default: 1)",
    )  # fmt: skip
    parser.add_argument(
        "--dtype", choices=DTYPES, default="fp32", help="type of all values (default: fp32)"
    )
    parser.add_argument(
        "--optimizer", choices=OPTIMIZERS, default="momentum",
        help="sgd is without momentum, momentum is SGD with it (default: momentum)",
    )  # fmt: skip
    parser.add_argument(
        "--density", type=_share, metavar="D",
        help="predict the size of a file of `archdsl pack` that keeps this share of the weights",
    )  # fmt: skip
    parser.add_argument(
        "--bits", type=int, choices=range(2, 9), default=6, metavar="N",
        help="with --density: 2 to 8 bits for each weight that is kept (default: 6)",
    )  # fmt: skip
    parser.add_argument(
        "--ops", action="store_true",
        help="a line for each op (json: always; csv: instead of the lines for batch sizes)",
    )  # fmt: skip
    add_format_argument(parser, ONE_OR_SEVERAL)


def run(options: Namespace) -> int:
    """Show all chosen networks, or none if one has mistakes; return 1 if an `expect` fails."""
    chosen = chosen_graphs(options)
    from archdsl.backends.report.memory import Packing, report
    from archdsl.backends.report.memory_formats import WRITERS

    packing = Packing(options.density, options.bits) if options.density else None
    found = [
        report(graph, options.batch, options.dtype, options.optimizer, packing)
        for graph in chosen.graphs
    ]
    print(WRITERS[options.format](found, options.ops))
    return chosen.facts.report()


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise ArgumentTypeError(f"{text!r} is not a share: write a number above 0, up to 1")
    return share


def _batches(text: str) -> tuple[int, ...]:
    sizes = text.split(",")
    if not all(each.isascii() and each.isdigit() and len(each) <= 10 for each in sizes):
        raise ArgumentTypeError(f"{text!r} is not a batch size: write 32, or 1,32,256")
    found = tuple(map(int, sizes))
    if not all(1 <= batch <= LARGEST_BATCH for batch in found):
        raise ArgumentTypeError(f"a batch has from 1 to {LARGEST_BATCH:,} images, not {text}")
    return found
