"""Summaries as tables for a terminal; the only file of the report that needs rich."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from archdsl.backends.report.formats import COLUMNS, cells, totals
from archdsl.backends.report.view import Summary

WIDEST = 1_000  # without a terminal nothing is folded


def as_table(summaries: Sequence[Summary], width: int | None = None, colour: bool = False) -> str:
    """The tables one after another; `width` is that of the terminal, None for as wide as needed."""
    console = Console(
        file=StringIO(),
        width=width or WIDEST,
        force_terminal=colour,
        color_system="standard" if colour else None,
        highlight=False,
        legacy_windows=False,
    )
    with console.capture() as written:
        for summary in summaries:
            console.print(_table(summary))
    return "\n".join(line.rstrip() for line in written.get().splitlines()).strip("\n")


def _table(summary: Summary) -> Table:
    table = Table(
        title=Text(summary.heading),
        title_justify="left",
        box=SIMPLE_HEAD,
        show_footer=True,
        title_style="bold",
        header_style="bold",
        footer_style="bold",
        pad_edge=False,
    )
    name, params, macs = map("\n".join, zip(*totals(summary), strict=True))
    footers = (name, "", "", params, macs)
    for position, (column, footer) in enumerate(zip(COLUMNS, footers, strict=True)):
        numeric = position > 1
        table.add_column(
            column,
            footer,
            justify="right" if numeric else "left",
            no_wrap=numeric,
            overflow="fold",
        )
    for line in summary.lines:
        table.add_row(*(Text(cell) for cell in cells(line)))
    return table
