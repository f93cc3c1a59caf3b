"""Tables as text, for a terminal or a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from textwrap import wrap

from archdsl.backends.report.formats import sheet
from archdsl.backends.report.sheet import Sheet
from archdsl.backends.report.view import Summary

NARROWEST = 12  # cells of a column of words, below which it is not folded
GAP = "   "


def as_table(summaries: Sequence[Summary], width: int | None = None, colour: bool = False) -> str:
    """The tables of summaries, as `drawn` draws them."""
    return drawn([sheet(summary) for summary in summaries], width, colour)


def drawn(sheets: Iterable[Sheet], width: int | None = None, colour: bool = False) -> str:
    """The tables one after another; `width` is that of the terminal, None for as wide as needed.

    Words are folded where the terminal is narrow; numbers never are, nor are their digits cut: a
    table that cannot be so narrow is wider, and the terminal wraps its lines.
    """
    lines = (line.rstrip() for each in sheets for line in _lines(each, width, colour))
    return "\n".join(lines).strip("\n")


def _lines(made: Sheet, width: int | None, colour: bool) -> Iterator[str]:
    widths = _widths(made, width)
    across = sum(widths) + len(GAP) * (len(widths) - 1)
    yield from wrap(made.heading, across + 1)
    yield ""
    yield from _bold(_row(made.columns, widths, made.words), colour)
    yield " " + "─" * across
    for row in made.rows:
        yield from _row(row, widths, made.words)
    yield ""
    for row in made.totals:
        yield from _bold(_row(row, widths, made.words), colour)
    yield ""
    yield from made.notes


def _widths(made: Sheet, width: int | None) -> list[int]:
    """The cells of each column; those of words are folded evenly until the table fits."""
    rows = (made.columns, *made.rows, *made.totals)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    excess = sum(widths) + len(GAP) * len(widths) - (width or sum(widths) + len(GAP) * len(widths))
    while excess > 0:
        widest = max(range(made.words), key=widths.__getitem__)
        if widths[widest] <= NARROWEST:
            break
        widths[widest] -= 1
        excess -= 1
    return widths


def _row(cells: Sequence[str], widths: Sequence[int], words: int) -> Iterator[str]:
    """A row as one line, or as several where words are folded."""
    if all(len(cell) <= width for cell, width in zip(cells, widths, strict=True)):
        yield _line(cells, widths, words)
        return
    folded = [wrap(cell, width) or [""] for cell, width in zip(cells, widths, strict=True)]
    for parts in zip_longest(*folded, fillvalue=""):
        yield _line(parts, widths, words)


def _line(cells: Sequence[str], widths: Sequence[int], words: int) -> str:
    """Words to the left and numbers to the right."""
    left = map(str.ljust, cells[:words], widths[:words])
    right = map(str.rjust, cells[words:], widths[words:])
    return " " + GAP.join((*left, *right))


def _bold(lines: Iterable[str], colour: bool) -> Iterator[str]:
    return (f"\033[1m{line}\033[0m" for line in lines) if colour else iter(lines)
