"""A table before it is drawn, and its form in Markdown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Sheet:
    """A heading, columns, rows of texts, and lines of totals at the foot.

    The first `words` columns are words, which may be folded; the others are numbers. `notes` are
    sentences below the table.
    """

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    totals: tuple[tuple[str, ...], ...]
    words: int = 2
    notes: tuple[str, ...] = ()


def markdown(sheets: Iterable[Sheet]) -> str:
    """Return a heading and a table for each sheet."""
    return "\n\n".join(_markdown(sheet) for sheet in sheets)


def _markdown(sheet: Sheet) -> str:
    totals = [(f"**{name}**", *cells) for name, *cells in sheet.totals]
    lines = [f"| {' | '.join(row)} |" for row in (sheet.columns, *sheet.rows, *totals)]
    rule = "|".join("---" if i < sheet.words else "--:" for i in range(len(sheet.columns)))
    lines.insert(1, f"|{rule}|")
    notes = [line for note in sheet.notes for line in ("", note)]
    return "\n".join([f"### {sheet.heading}", "", *lines, *notes])


def number(count: int) -> str:
    """Return a number with separators of thousands."""
    return f"{count:,}"
