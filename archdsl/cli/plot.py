"""`--plot FILE`: a chart written to a file whose ending says the format."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path

from archdsl.backends.chart import FORMATS, Chart, render
from archdsl.cli import files


def add_plot_argument(parser: ArgumentParser, what: str) -> None:
    """`--plot`, of `what`."""
    parser.add_argument("--plot", metavar="FILE", type=_picture, help=f"{what}, as .svg or .png")


def write_plot(path: Path, chart: Chart) -> None:
    """Draws a chart; `UsageError` where it cannot be written."""
    files.write(path, render(chart, path.suffix.lower()[1:]))


def _picture(text: str) -> Path:
    path = Path(text)
    if path.suffix.lower()[1:] not in FORMATS:
        raise ArgumentTypeError(f"{text!r} is no picture: end the name in .svg or .png")
    return path
