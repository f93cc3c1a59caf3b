"""Tables that print as text, show as HTML in notebooks, and are plain data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archdsl.backends.report import record_table
from archdsl.backends.report.record_table import RecordColumn


@dataclass(frozen=True)
class Table:
    """A report: `str()` is its text, `data` the same as plain data."""

    text: str
    html: str
    data: Mapping[str, Any]

    def __str__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self.html

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(self.text)


class Rows(list[dict[str, Any]]):
    """A list of records with the same keys; `pandas.DataFrame(rows)` works.

    `str()` is a table of those columns that have information.
    """

    def __init__(
        self, records: Iterable[Mapping[str, Any]], columns: Sequence[RecordColumn]
    ) -> None:
        super().__init__(
            {column.word: record.get(column.word) for column in columns} for record in records
        )
        self._columns = tuple(columns)

    def to_pandas(self) -> Any:
        """Return a `pandas.DataFrame`. Raises `ModuleNotFoundError` without pandas."""
        import pandas as pd  # type: ignore[import-untyped,unused-ignore]

        return pd.DataFrame(self, columns=[column.word for column in self._columns])

    def __str__(self) -> str:
        return record_table.as_text(self._columns, self)

    def _repr_html_(self) -> str:
        return record_table.as_html(self._columns, self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))
