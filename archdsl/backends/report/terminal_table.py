"""Tables for a terminal; the only file of the report that imports rich."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import StringIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from archdsl.backends.report.sheet import Sheet
from archdsl.backends.report.summary import Summary
from archdsl.backends.report.summary_formats import sheet
from archdsl.diagnostics import CannotRun

MOST_ROWS = 10_000  # of all tables; rich takes half a millisecond for each
WIDEST = 1_000  # without a terminal nothing is folded
NARROWEST = 12  # cells of a column of words, below which it is not folded
GAP = 3  # cells between columns, at most


def as_table(summaries: Sequence[Summary], width: int | None = None, colour: bool = False) -> str:
    """Return the tables of summaries, drawn as by `drawn`."""
    return drawn([sheet(summary) for summary in summaries], width, colour)


def drawn(sheets: Iterable[Sheet], width: int | None = None, colour: bool = False) -> str:
    """Return tables for a terminal of `width` cells; None means as wide as needed.

    Words are folded where the terminal is narrow; numbers are never folded or cut: a table that
    cannot be narrow enough is wider, and the terminal wraps its lines. Raises `Unusable` for more
    rows than anybody reads in a terminal.
    """
    sheets = list(sheets)
    rows = sum(len(each.rows) for each in sheets)
    if rows > MOST_ROWS:
        raise CannotRun(
            f"{rows:,} rows are too many for a table, which has at most {MOST_ROWS:,}:"
            " `--format csv` writes them all"
        )
    console = Console(
        file=StringIO(),
        width=max([width, *map(_least_width, sheets)]) if width else WIDEST,
        force_terminal=colour,
        force_jupyter=False,  # there rich would also display what it captures
        color_system="standard" if colour else None,
        highlight=False,
        legacy_windows=False,
    )
    with console.capture() as written:
        for each in sheets:
            console.print(_table(each))
            for note in each.notes:
                console.print(Text(note))
    return "\n".join(line.rstrip() for line in written.get().splitlines()).strip("\n")


def _least_width(made: Sheet) -> int:
    """Return the cells that a table needs with its words folded."""
    rows = [made.columns, *made.rows, *made.totals]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    words = [min(width, NARROWEST) for width in widths[: made.words]]
    return sum(words) + sum(widths[made.words :]) + GAP * len(widths)


def _table(made: Sheet) -> Table:
    table = Table(
        title=Text(made.heading),
        title_justify="left",
        box=SIMPLE_HEAD,
        show_footer=True,
        title_style="bold",
        header_style="bold",
        footer_style="bold",
        pad_edge=False,
    )
    totals = map("\n".join, zip(*made.totals, strict=True))
    for position, (column, total) in enumerate(zip(made.columns, totals, strict=True)):
        numeric = position >= made.words
        table.add_column(
            column,
            total,
            justify="right" if numeric else "left",
            no_wrap=numeric,
            overflow="fold",
        )
    for row in made.rows:
        table.add_row(*map(Text, row))
    return table
