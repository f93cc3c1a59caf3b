"""`archdsl render FILE`: a network as a picture, as DOT or as Mermaid."""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from pathlib import Path

from archdsl.analyses.device_rates import WIDTHS
from archdsl.analyses.roofline import Rates
from archdsl.backends.diagram.detail_levels import LEVELS
from archdsl.backends.diagram.options import COLOURINGS, FORMATS, SHAPES, THEMES
from archdsl.cli.main import UsageError
from archdsl.cli.output import announce, write
from archdsl.cli.request import add_request_arguments, chosen_graphs
from archdsl.cli.watch import add_watch_argument
from archdsl.deep_stack import bounded
from archdsl.diagnostics.suggest import listing
from archdsl.ir import Graph

EXAMPLES = (
    ("archdsl render resnet50", "write resnet50.svg"),
    ("archdsl render net.arch --level op -o net.pdf", "draw every op, as PDF"),
    ("archdsl render --all -o pictures", "draw the whole library, each network into a file"),
    ("archdsl render resnet50 --width 3.35in -o fig.pdf", "for one column of a paper"),
    ("archdsl render inception_v3 --only Mixed_6b", "draw one module by itself"),
    ("archdsl render net.arch --mermaid", "print a flowchart for Markdown"),
)


EVERYTHING = "*"  # the pattern of all shipped networks
UNITS = {"in": 1.0, "cm": 1 / 2.54, "mm": 1 / 25.4, "pt": 1 / 72}  # in inches
PRINTED = ("dot", "mermaid")  # text: several networks can follow each other


def add_arguments(parser: ArgumentParser) -> None:
    add_request_arguments(parser, optional=True)
    add_watch_argument(parser)
    parser.add_argument(
        "--all", action="store_true", help="draw all networks of the shipped library"
    )
    formats = parser.add_mutually_exclusive_group()
    for name, text in FORMATS.items():
        formats.add_argument(
            f"--{name}", action="store_const", const=name, dest="format", help=text
        )
    parser.add_argument(
        "-o", "--output", metavar="PATH", type=Path,
        help="the file to write, `-` for standard output, or the folder where there are several"
        " networks (default: NETWORK.svg here; DOT and Mermaid are printed)",
    )  # fmt: skip
    parser.add_argument(
        "--level", choices=LEVELS, help="how much to open (default: what fits a page)"
    )
    parser.add_argument(
        "--expand", action="append", default=[], metavar="PART",
        help="also open the part at this path: --expand layer3 or --expand layer3.0",
    )  # fmt: skip
    parser.add_argument(
        "--only", metavar="PART", help="draw the part at this path by itself: --only layer3.0"
    )
    parser.add_argument(
        "--shapes", choices=SHAPES, default="changes",
        help="where to write shapes (default: where they change)",
    )  # fmt: skip
    parser.add_argument(
        "--width", type=length, metavar="LENGTH",
        help="the width of the page, as 3.35in, 85mm or 240pt: text is at least 6 pt there",
    )  # fmt: skip
    parser.add_argument(
        "--height", type=length, metavar="LENGTH", help="the greatest height of the page"
    )
    parser.add_argument(
        "--theme", choices=THEMES, default="auto",
        help="light or dark colours (default: those of the page that shows an SVG)",
    )  # fmt: skip
    parser.add_argument(
        "--background", choices=("paper", "none"), default="paper",
        help="`none` leaves what is behind the picture to the page",
    )  # fmt: skip
    parser.add_argument("--no-legend", action="store_true", help="leave out the legend")
    parser.add_argument(
        "--color-by", choices=COLOURINGS, help="colour cards by a number, with a scale"
    )
    parser.add_argument(
        "--device", metavar="NAME|FILE", default="a100",
        help="the device of --color-by time, as `profile` takes it (default: a100)",
    )  # fmt: skip


def length(text: str) -> float:
    """A length with its unit, in inches."""
    found = re.fullmatch(r"(\d+(?:\.\d*)?|\.\d+)\s*(in|cm|mm|pt)", text)
    inches = float(found[1]) * UNITS[found[2]] if found else 0.0
    if not 0.5 <= inches <= 100:
        raise ArgumentTypeError(f"{text!r} is no length of a page: write 3.35in, 85mm or 240pt")
    return inches


def run(options: Namespace) -> int:
    """Draw all chosen networks, or none if one has mistakes; return 1 if an `expect` fails.

    Pictures are written one by one: an interrupt leaves those that are done.
    """
    if bool(options.files) == options.all:
        raise UsageError("name a FILE, or draw all shipped networks with --all")
    options.files = options.files or [EVERYTHING]
    chosen = chosen_graphs(options)
    graphs = chosen.graphs
    style = _format(options, len(graphs) > 1)
    _check_names(graphs, options.output, style)
    for graph in graphs:
        _check_parts(
            graph, [*options.expand, *([options.only] if options.only is not None else [])]
        )
    with bounded():  # parts nest as deep as the text
        for graph in graphs:
            _put(graph.name, _drawn(graph, style, options), style, options, len(graphs) > 1)
    return chosen.facts.report()


def _drawn(graph: Graph, style: str, options: Namespace) -> bytes:
    from archdsl.backends.diagram import DiagramOptions, LayoutFailed, TooLarge, render

    wanted = DiagramOptions(
        options.level,
        tuple(options.expand),
        options.shapes,
        options.color_by,
        _rates(options.device) if options.color_by == "time" else None,
        options.only,
        options.width,
        options.height,
        options.theme,
        not options.no_legend,
        options.background == "paper",
    )
    try:
        return render(graph, style, wanted)
    except (LayoutFailed, TooLarge) as failed:
        raise UsageError(str(failed)) from None


def _rates(device: str) -> Rates:
    """The peak rates of a device, in the type that most networks run in."""
    from archdsl.cli.devices import device_named

    found = device_named(device)
    return Rates(found.flops[found.usual], found.bandwidth, WIDTHS[found.usual])


def _put(name: str, data: bytes, style: str, options: Namespace, several: bool) -> None:
    """Write to the requested file, else to the current folder; print DOT and Mermaid."""
    output: Path | None = options.output
    if output is None and style in PRINTED:
        print(data.decode(), end="")
        return
    if str(output) == "-":
        sys.stdout.buffer.write(data)
        return
    suffix = {"mermaid": "mmd"}.get(style, style)
    path = output or Path(f"{name}.{suffix}")
    if output is not None and (several or output.is_dir()):
        path = output / f"{name}.{suffix}"
    write(path, data, options.files)
    announce(path, f"{len(data):,} bytes")


def _format(options: Namespace, several: bool) -> str:
    """The format of the option, else of the file's suffix; raise `UsageError` if they conflict."""
    output: Path | None = options.output
    chosen: str | None = options.format
    suffix = output.suffix.lower()[1:] if output is not None and not output.is_dir() else ""
    named = {"mmd": "mermaid", "gv": "dot"}.get(suffix, suffix)
    if named in FORMATS and chosen not in (None, named):
        raise UsageError(f"--{chosen} does not write {str(output)!r}: leave out one of them")
    if suffix and named not in FORMATS and chosen is None and not several:
        known = listing([f".{each}" for each in ("svg", "png", "pdf", "dot", "gv", "mmd")], "or")
        raise UsageError(f"{str(output)!r} is no picture: end the name in {known}")
    return chosen or (named if named in FORMATS else "svg")


def _check_names(graphs: Sequence[Graph], output: Path | None, style: str) -> None:
    """Raise `UsageError` for networks that would be written over each other."""
    names = [graph.name for graph in graphs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"two files define a network `{twice}`: render them one by one with -o")
    if str(output) == "-" and len(names) > 1 and style not in PRINTED:
        raise UsageError(f"-o - writes one picture: here are {listing(names)}; choose one")


def _check_parts(graph: Graph, paths: list[str]) -> None:
    """Raise `UsageError` for a part that no network has."""
    for path in paths:
        if not path or graph.at(path) is None:
            raise UsageError(_no_part(graph, path))


def _no_part(graph: Graph, path: str) -> str:
    from archdsl.diagnostics.suggest import clip, did_you_mean

    around, _, last = path.rpartition(".")
    place = graph.at(around)
    while place is None or not hasattr(place, "members"):
        around, _, last = around.rpartition(".")
        place = graph.at(around)
    known = [item.name or "" for item in place.members() if hasattr(item, "members")]
    before = f"{around}." if around else ""
    names = [before + name for name in known]
    hint = did_you_mean(before + last, names, f"there are {listing(names)}" if names else None)
    return f"{graph.name} has no part {clip(path)!r}" + (f"; {hint}" if hint else "")
