"""A bar for the progress of a long command, on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from archdsl.cli.terminal import animated, coloured

if TYPE_CHECKING:
    from rich.progress import Progress

T = TypeVar("T")
PATIENCE = 0.5  # seconds until a bar appears


def progress(items: Iterable[T], total: int, what: str) -> Iterator[T]:
    """Yield the items; if they take long, show on standard error how many are done.

    The bar is removed at the end. There is none in files and pipes, and with `--quiet`.
    """
    if total < 2 or not animated(sys.stderr):
        yield from items
        return
    begun, bar = monotonic(), None
    try:
        for done, item in enumerate(items):
            if bar is None and monotonic() - begun > PATIENCE:
                bar = _bar(what, total)
            if bar is not None:
                bar.update(bar.task_ids[0], completed=done, refresh=True)
            yield item
    finally:
        if bar is not None:
            bar.stop()


def _bar(what: str, total: int) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    colour = coloured(sys.stderr)
    console = Console(
        file=sys.stderr,
        no_color=not colour,
        color_system="standard" if colour else None,
        legacy_windows=False,
    )
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    bar = Progress(*columns, console=console, transient=True, auto_refresh=False)
    bar.add_task(what, total=total)
    bar.start()
    return bar
