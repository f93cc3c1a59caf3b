"""Options that `compare` and `sweep` share: the columns and the chart."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path

from archdsl.backends.chart import FORMATS, Chart, render
from archdsl.cli.main import UsageError
from archdsl.cli.output import write
from archdsl.diagnostics.suggest import clip, did_you_mean, listing


def add_columns_argument(
    parser: ArgumentParser, words: tuple[str, ...], usual: tuple[str, ...]
) -> None:
    """Add `--columns`, which selects among the measures with these names."""

    def chosen(text: str) -> tuple[str, ...]:
        for word in (found := tuple(map(str.strip, text.split(",")))):
            if word not in words:
                hint = did_you_mean(word, words, f"there are {listing(words)}")
                raise ArgumentTypeError(f"there is no column {clip(word)!r}; {hint}")
        return found

    what = "all" if usual == words else ",".join(usual)
    parser.add_argument(
        "--columns", type=chosen, default=usual, metavar="NAME,…",
        help=f"numbers to show, of {', '.join(words)} (default: {what})",
    )  # fmt: skip


def add_plot_argument(parser: ArgumentParser, what: str) -> None:
    """Add `--plot`; `what` describes the chart."""
    parser.add_argument("--plot", metavar="FILE", type=_picture, help=f"{what}, as .svg or .png")


def write_plot(path: Path, chart: Chart) -> None:
    """Draw a chart; raise `UsageError` if it would be empty or cannot be written."""
    if not chart.points:
        raise UsageError(f"--plot: nothing has {chart.x}; choose other axes with --x and --y")
    write(path, render(chart, path.suffix.lower()[1:]))


def _picture(text: str) -> Path:
    path = Path(text)
    if path.suffix.lower()[1:] not in FORMATS:
        raise ArgumentTypeError(f"{text!r} is no picture: end the name in .svg or .png")
    return path
