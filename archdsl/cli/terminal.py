"""The display of output: colours, the width of the terminal, and remarks."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TextIO

WHEN = ("auto", "always", "never")


@dataclass(frozen=True)
class Display:
    """The options of a command about its printing."""

    colour: str = "auto"
    quiet: bool = False


_display: ContextVar[Display] = ContextVar("display", default=Display())  # noqa: B039 - frozen


def add_display_arguments(parser: ArgumentParser) -> None:
    """Add `--color` and `--quiet`, which every command has."""
    parser.add_argument(
        "--color", choices=WHEN, default="auto",
        help="when to use colours (default: on a terminal)",
    )  # fmt: skip
    parser.add_argument(
        "-q", "--quiet", action="store_true",
        help="print results, mistakes and warnings, but no remarks",
    )  # fmt: skip


def use(options: Namespace) -> None:
    """Print as the options require, from now on."""
    _display.set(Display(options.color, options.quiet))


def coloured(stream: TextIO) -> bool:
    """Whether to print colours to a stream.

    The option `--color` decides, then the variables NO_COLOR and FORCE_COLOR if they are not
    empty; else a terminal that is not `dumb` has colours.
    """
    when = _display.get().colour
    if when != "auto":
        return when == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def animated(stream: TextIO) -> bool:
    """Whether a stream can show something that changes: a terminal, and the user is not quiet."""
    return not _display.get().quiet and stream.isatty() and os.environ.get("TERM") != "dumb"


def width() -> int | None:
    """Return the columns of the terminal that standard output is; None if it is none."""
    if not sys.stdout.isatty():
        return None
    from shutil import get_terminal_size

    return get_terminal_size().columns


def remark(text: str, stream: TextIO | None = None) -> None:
    """Print a line that is no result: to standard error by default, and never if quiet."""
    if not _display.get().quiet:
        print(text, file=stream or sys.stderr)
