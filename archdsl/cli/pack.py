"""`archdsl pack WEIGHTS --network NAME -o FILE`: prune weights and write them as a small file."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from archdsl.cli.networks import HELP, one_each
from archdsl.cli.output import announce, write
from archdsl.cli.request import add_plugin_argument
from archdsl.diagnostics import UsageError
from archdsl.ops import size

if TYPE_CHECKING:
    from archdsl.analyses.difference import Keys
    from archdsl.packing.weights import State

MOST_DIFFERENCES = 10


EXAMPLES = (
    (
        "archdsl pack weights.pt --network lenet5 -o small.adsl",
        "keep a third of the weights, at 6 bits",
    ),
    (
        "archdsl pack weights.pt --network net.arch:mine --density 0.1 --bits 4 -o small.adsl",
        "prune more, and use fewer bits",
    ),
)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "weights", type=Path, metavar="WEIGHTS", help="a state_dict: .safetensors, .pt or .pth"
    )
    parser.add_argument("--network", required=True, metavar="NAME", help=f"its network: {HELP}")
    parser.add_argument(
        "--density", type=float, default=0.33, metavar="D",
        help="share of the weights to keep, in each convolution and linear layer (default: 0.33)",
    )  # fmt: skip
    parser.add_argument(
        "--bits", type=int, default=6, metavar="N",
        help="2 to 8: at most 2 ** N - 1 different weights in each of them (default: 6)",
    )  # fmt: skip
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE", help="the file to write"
    )
    add_plugin_argument(parser)


def run(options: Namespace) -> int:
    """Write the file; raise `UsageError` for weights that are not those of the network."""
    from archdsl.analyses.difference import keys

    [named] = one_each([options.network], {})
    state = _weights(options.weights)
    differences = list(_differences(state, keys(named.graph)))
    if differences:
        shown = differences[:MOST_DIFFERENCES]
        more = len(differences) - len(shown)
        lines = "".join(f"\n  {line}" for line in [*shown, *([f"{more} more"] if more else [])])
        raise UsageError(f"{options.weights} has no weights of {named.graph.name}:{lines}")
    from archdsl.packing import pack

    try:
        data = pack(state, options.density, options.bits, named.graph.name)
    except ValueError as error:
        raise UsageError(str(error)) from None
    write(options.output, data, [str(options.weights)])
    before = sum(tensor.numel() * tensor.element_size() for tensor in state.values())
    times = before / len(data)
    announce(
        options.output, f"{before:,} bytes of weights in {len(data):,}: {times:.1f} times smaller"
    )
    return 0


def _weights(path: Path) -> State:
    try:
        from archdsl.packing import weights
    except ModuleNotFoundError as error:
        raise UsageError(f"pack needs {error.name}: pip install 'archdsl[torch]'") from None
    if path.suffix not in weights.SUFFIXES:
        raise UsageError(f"{str(path)!r} must end in {', '.join(weights.SUFFIXES)}")
    try:
        return weights.read(path)
    except OSError as error:
        raise UsageError(f"cannot read {str(path)!r}: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"cannot read {str(path)!r}: {error}") from None
    except ModuleNotFoundError as error:
        raise UsageError(f"{path.suffix} needs {error.name}: pip install {error.name}") from None


def _differences(state: State, known: Keys) -> Iterator[str]:
    """Yield what differs between weights and the tensors of a network."""
    from archdsl.analyses.difference import weight_difference

    found = weight_difference({name: tuple(each.shape) for name, each in state.items()}, known)
    yield from (f"{name} {size(shape)} is missing" for name, shape in found.missing.items())
    yield from (f"{name} is not in the network" for name in found.unexpected)
    for name, (old, new) in found.reshaped.items():
        yield f"{name} is {size(old)}, not {size(new)}"
