"""A table before it is drawn, and its forms in Markdown and LaTeX."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from archdsl.backends.report.table_formats import latex_table, markdown_table


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

    @property
    def numeric(self) -> tuple[bool, ...]:
        """Whether each column has numbers."""
        return tuple(position >= self.words for position in range(len(self.columns)))


def markdown(sheets: Iterable[Sheet]) -> str:
    """Return a heading and a table for each sheet."""
    return "\n\n".join(_markdown(sheet) for sheet in sheets)


def _markdown(sheet: Sheet) -> str:
    table = markdown_table(sheet.columns, sheet.rows, sheet.numeric, sheet.totals)
    return "\n\n".join([f"### {sheet.heading}", table, *sheet.notes])


def latex(sheets: Iterable[Sheet]) -> str:
    """Return a table for each sheet, with its heading and its notes as comments."""
    return "\n\n".join(
        latex_table(
            sheet.columns, sheet.rows, sheet.numeric, sheet.totals, (sheet.heading, *sheet.notes)
        )
        for sheet in sheets
    )


def number(count: int) -> str:
    """Return a number with separators of thousands."""
    return f"{count:,}"
