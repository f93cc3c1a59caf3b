"""Tables for a terminal; the only file of the report that imports rich."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
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
LONGEST_PIECE = 24  # cells of a part of a name, above which it is folded
PIECE = re.compile(r"\s*[^\s.]*[\s.]?")
GAP = 3  # cells between columns, at most


def as_table(summaries: Sequence[Summary], width: int | None = None, colour: bool = False) -> str:
    """Return the tables of summaries, drawn as by `drawn`."""
    return drawn([sheet(summary) for summary in summaries], width, colour)


def drawn(sheets: Iterable[Sheet], width: int | None = None, colour: bool = False) -> str:
    """Return tables for a terminal of `width` cells; None means as wide as needed.

    Names are folded at dots and spaces where the terminal is narrow; numbers are never folded or
    cut: a table that cannot be narrow enough is wider, and the terminal wraps its lines. Raises
    `CannotRun` for more rows than anybody reads in a terminal.
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
        height=1,  # else rich ignores the width of a dumb terminal
        force_terminal=colour,
        force_jupyter=False,  # there rich would also display what it captures
        color_system="standard" if colour else None,
        no_color=not colour,
        highlight=False,
        legacy_windows=False,
    )
    with console.capture() as written:
        for each in sheets:
            console.print(_table(_folded(each, console.width)))
            for note in each.notes:
                console.print(Text(note))
    return "\n".join(line.rstrip() for line in written.get().splitlines()).strip("\n")


def _least_width(made: Sheet) -> int:
    """Return the cells that a table needs with its words folded."""
    columns = _cells(made)
    words = [max(map(_longest_piece, column)) for column in columns[: made.words]]
    numbers = [max(map(len, column)) for column in columns[made.words :]]
    return sum(words) + sum(numbers) + GAP * len(columns)


def _cells(made: Sheet) -> list[tuple[str, ...]]:
    return list(zip(*[made.columns, *made.rows, *made.totals], strict=True))


def _longest_piece(cell: str) -> int:
    return min(max((len(piece) for piece in PIECE.findall(cell)), default=0), LONGEST_PIECE)


def _folded(made: Sheet, width: int) -> Sheet:
    """Fold the words of a table that is too wide; the first column is folded last."""
    columns = _cells(made)
    spare = width - _least_width(made)
    rows = [list(row) for row in made.rows]
    for position, column in enumerate(columns[: made.words]):
        least = max(map(_longest_piece, column))
        room = least + min(max(map(len, column)) - least, max(spare, 0))
        spare -= room - least
        for row in rows:
            row[position] = _fold(row[position], room)
    return replace(made, rows=tuple(map(tuple, rows)))


def _fold(cell: str, width: int) -> str:
    """Break a cell into lines at dots and spaces; later lines keep the indentation."""
    indent = " " * (len(cell) - len(cell.lstrip()))
    lines = [""]
    for piece in PIECE.findall(cell):
        if lines[-1].strip() and len((lines[-1] + piece).rstrip()) > width:
            lines.append(indent)
        lines[-1] += piece
    return "\n".join(line.rstrip() for line in lines)


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
