"""`archdsl profile FILE --device NAME`: the least time that a device needs, layer by layer."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence

from archdsl.analyses.device_rates import WIDTHS, Device
from archdsl.backends.report.profile import (
    Profile,
    ProfileRun,
    as_csv,
    as_json,
    as_latex,
    as_markdown,
    profile,
    sheet,
)
from archdsl.cli.devices import device_named, devices_listed
from archdsl.cli.main import UsageError
from archdsl.cli.request import add_request_arguments, chosen_graphs
from archdsl.cli.table_format import ONE_OR_SEVERAL, add_format_argument
from archdsl.cli.terminal import coloured, width
from archdsl.diagnostics.suggest import listing

LARGEST_BATCH = 1_000_000


EXAMPLES = (
    (
        "archdsl profile resnet50 --device h200 --batch 32",
        "print the least time of each layer for 32 images",
    ),
    ("archdsl profile --list-devices", "list known devices"),
    ("archdsl profile net.arch --device mine.toml --format csv", "use a device of your own"),
)


def add_arguments(parser: ArgumentParser) -> None:
    add_request_arguments(parser, optional=True)
    parser.add_argument(
        "--device", metavar="NAME|FILE",
        help="a device of --list-devices, or a .toml or .json file with `bandwidth` in bytes a"
        " second and `flops`, a table of rates by type",
    )  # fmt: skip
    parser.add_argument("--list-devices", action="store_true", help="list known devices")
    parser.add_argument(
        "--dtype", choices=tuple(WIDTHS),
        help="the type of all numbers (default: bf16, or the nearest that the device has)",
    )  # fmt: skip
    parser.add_argument(
        "--batch", type=_batch, default=1, metavar="N", help="batch size (default: 1)"
    )
    parser.add_argument(
        "--unfused", action="store_true",
        help="count pointwise ops as a kernel of their own after each convolution, and concats"
        " as copies (default: all fused into the convolution)",
    )  # fmt: skip
    add_format_argument(parser, ONE_OR_SEVERAL)


def run(options: Namespace) -> int:
    """Show all chosen networks, or none if one has mistakes; return 1 if an `expect` fails."""
    if options.list_devices:
        print(devices_listed(options.format))
        return 0
    if not options.files or not options.device:
        raise UsageError("name a FILE and its --device, or list the known devices: --list-devices")
    device = device_named(options.device)
    how = ProfileRun(device, _dtype(options.dtype, device), options.batch, not options.unfused)
    chosen = chosen_graphs(options)
    print(_text([profile(graph, how) for graph in chosen.graphs], options.format))
    return chosen.facts.report()


def _dtype(wanted: str | None, device: Device) -> str:
    if wanted is not None and wanted not in device.flops:
        known = listing(device.flops)
        raise UsageError(f"{device.name} has no rate for {wanted}; it has {known}")
    return wanted or device.usual


def _text(profiles: Sequence[Profile], style: str) -> str:
    if style == "table":
        from archdsl.backends.report.terminal_table import drawn

        return drawn([sheet(each) for each in profiles], width(), coloured(sys.stdout))
    write = {"json": as_json, "csv": as_csv, "md": as_markdown, "latex": as_latex}
    return write[style](profiles)


def _batch(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a number of images: write 1 or more")
    if int(text) > LARGEST_BATCH:
        raise ArgumentTypeError(f"{text!r} images are too many: write at most {LARGEST_BATCH:,}")
    return int(text)
