"""`archdsl unpack FILE -o WEIGHTS`: a state_dict from a file that `archdsl pack` wrote."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from archdsl.cli.output import announce, write
from archdsl.diagnostics import UsageError

EXAMPLES = (
    ("archdsl unpack small.adsl -o weights.safetensors", "write the weights as a state_dict"),
    ("archdsl unpack small.adsl -o weights.pt", "write them in the format of torch.save"),
)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="a file that `archdsl pack` wrote")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="WEIGHTS",
        help="the state_dict to write: .safetensors, .pt or .pth",
    )  # fmt: skip


def run(options: Namespace) -> int:
    """Write the state_dict; raise `UsageError` for a file that is damaged."""
    try:
        from archdsl.packing import CorruptError, container, unpack, weights
    except ModuleNotFoundError as error:
        raise UsageError(f"unpack needs {error.name}: pip install 'archdsl[torch]'") from None

    path, output = options.file, options.output
    if output.suffix not in weights.SUFFIXES:
        raise UsageError(f"{str(output)!r} must end in {', '.join(weights.SUFFIXES)}")
    try:
        state = unpack(container.read(path))
    except OSError as error:
        raise UsageError(f"cannot read {str(path)!r}: {error.strerror}") from None
    except CorruptError as error:
        raise UsageError(f"cannot read {str(path)!r}: {error}") from None
    try:
        data = weights.content(state, output.suffix)
    except ModuleNotFoundError as error:
        raise UsageError(f"{output.suffix} needs {error.name}: pip install {error.name}") from None
    write(output, data, [str(path)])
    announce(output, f"{len(state):,} tensors, {len(data):,} bytes")
    return 0
