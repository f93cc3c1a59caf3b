"""Records of one kind as aligned text, JSON, CSV, Markdown and LaTeX."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from archdsl.backends.report.html_table import table_html
from archdsl.backends.report.table_formats import csv_text, latex_table, markdown_table

Record = Mapping[str, Any]


@dataclass(frozen=True)
class RecordColumn:
    """A column: its name in data, its title, and its text for people.

    It is hidden from people where it equals the column `unless` in every record.
    """

    word: str
    title: str
    show: Callable[[Any], str] = str
    number: bool = False
    unless: str = ""

    def cell(self, record: Record) -> str:
        """Return the text of an entry; empty where there is none."""
        value = record.get(self.word)
        return "" if value is None else self.show(value)


def _informative(columns: Sequence[RecordColumn], records: Sequence[Record]) -> list[RecordColumn]:
    """Return the columns that have information."""
    return [
        column
        for column in columns
        if any(map(column.cell, records))
        and any(record.get(column.word) != record.get(column.unless) for record in records)
    ]


def formatted(
    style: str,
    columns: Sequence[RecordColumn],
    records: Sequence[Record],
    width: int | None = None,
) -> str:
    """Return the records in one of the `FORMATS` of tables; only text has a width."""
    if style == "table":
        return as_text(columns, records, width)
    return WRITERS[style](columns, records)


def as_text(
    columns: Sequence[RecordColumn], records: Sequence[Record], width: int | None = None
) -> str:
    """Return aligned columns under their titles, without empty columns.

    If they are wider than `width`, there are several tables below each other, each with the words
    that name a record.
    """
    columns = _informative(columns, records)
    names = list(takewhile(lambda column: not column.number, columns))
    tables = _split(names, columns[len(names) :], records, width) if width else [columns]
    return "\n\n".join(_table(each, records) for each in tables)


def _split(
    names: list[RecordColumn],
    others: Sequence[RecordColumn],
    records: Sequence[Record],
    width: int,
) -> list[list[RecordColumn]]:
    """Distribute columns over tables that fit a width, each with the columns of names."""
    tables = [list(names)]
    for column in others:
        table = tables[-1]
        if len(table) > len(names) and _width([*table, column], records) > width:
            tables.append([*names, column])
        else:
            table.append(column)
    return tables


def _width(columns: Sequence[RecordColumn], records: Sequence[Record]) -> int:
    return max(map(len, _table(columns, records).splitlines()))


def _table(columns: Sequence[RecordColumn], records: Sequence[Record]) -> str:
    rows = [tuple(column.cell(record) for column in columns) for record in records]
    titles = tuple(column.title for column in columns)
    widths = [max(map(len, cells)) for cells in zip(titles, *rows, strict=True)]
    rule = tuple("-" * width for width in widths)
    return "\n".join(_aligned(columns, row, widths) for row in (titles, rule, *rows))


def _aligned(columns: Sequence[RecordColumn], cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (
        cell.rjust(width) if column.number else cell.ljust(width)
        for column, cell, width in zip(columns, cells, widths, strict=True)
    )
    return "  ".join(padded).rstrip()


def as_json(columns: Sequence[RecordColumn], records: Sequence[Record]) -> str:
    """Return a list with one object per record, one a line; null where there is no entry."""
    lines = (
        json.dumps({column.word: record.get(column.word) for column in columns})
        for record in records
    )
    return "[\n" + ",\n".join(f"  {line}" for line in lines) + "\n]"


def as_csv(columns: Sequence[RecordColumn], records: Sequence[Record], head: bool = True) -> str:
    """Return one line per record, below their `head`; empty where there is no entry."""
    return csv_text(
        [column.word for column in columns] if head else (),
        ([record.get(column.word) for column in columns] for record in records),
    )


def as_markdown(columns: Sequence[RecordColumn], records: Sequence[Record]) -> str:
    """Return one table."""
    return markdown_table(*_texts(columns, records))


def as_latex(columns: Sequence[RecordColumn], records: Sequence[Record]) -> str:
    """Return one table."""
    return latex_table(*_texts(columns, records))


def _texts(
    columns: Sequence[RecordColumn], records: Sequence[Record]
) -> tuple[list[str], list[list[str]], list[bool]]:
    """Return the titles, the cells, and whether each column has numbers."""
    columns = _informative(columns, records)
    rows = [[column.cell(record) for column in columns] for record in records]
    return [column.title for column in columns], rows, [column.number for column in columns]


def as_html(columns: Sequence[RecordColumn], records: Sequence[Record]) -> str:
    """Return one table for a notebook; columns of words come first."""
    columns = sorted(_informative(columns, records), key=lambda column: column.number)
    words = sum(not column.number for column in columns)
    rows = [[column.cell(record) for column in columns] for record in records]
    return table_html([column.title for column in columns], rows, words)


WRITERS = {"json": as_json, "csv": as_csv, "md": as_markdown, "latex": as_latex}
