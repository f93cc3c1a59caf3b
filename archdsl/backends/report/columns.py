"""The columns of a summary: each a number of a line."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from archdsl.analyses.cost import Cost
from archdsl.analyses.receptive_field import Field
from archdsl.backends.report.receptive_field import field_text

USUAL = ("params", "macs")


class Figures(NamedTuple):
    """The cost of a part of a network, and the receptive field of its result."""

    cost: Cost
    field: Field | None = None


class SummaryColumn(NamedTuple):
    """A column: its word, also its name in CSV; its heading; its number for a part.

    A number that is not `summed` is not multiplied by the number of equal parts.
    """

    word: str
    heading: str
    of: Callable[[Figures], int | float | str | None]
    summed: bool = True

    def shown(self, figures: Figures, times: int = 1) -> str:
        """Return the text for people: `3 x 70,400` for three equal parts, nothing for zero."""
        value = self.of(figures)
        if not value:
            return ""
        if isinstance(value, str):
            return value
        if not self.summed:
            return f"{value:,.1f}"
        return f"{times} x {value:,}" if times > 1 else f"{value:,}"


def columns_of(width: int) -> dict[str, SummaryColumn]:
    """Return all columns except a convention's, by word, for numbers of `width` bytes."""
    columns = (
        SummaryColumn("params", "params", lambda part: part.cost.params),
        SummaryColumn("macs", "MACs", lambda part: part.cost.macs),
        SummaryColumn("flops", "FLOPs", lambda part: part.cost.flops),
        SummaryColumn("bytes_read", "bytes read", lambda part: width * part.cost.read),
        SummaryColumn("bytes_written", "bytes written", lambda part: width * part.cost.written),
        SummaryColumn(
            "intensity", "FLOP/byte", lambda part: part.cost.intensity(width), summed=False
        ),
        SummaryColumn("rf", "receptive field", lambda part: field_text(part.field), summed=False),
    )
    return {column.word: column for column in columns}


WORDS = tuple(columns_of(1))
BY_DTYPE = ("bytes_read", "bytes_written", "intensity")  # the words that the type changes


def counted_column(name: str, unit: str) -> SummaryColumn:
    """Return the column of a counter's convention, in its unit."""
    return SummaryColumn("counted", f"{name} {unit}", lambda part: part.cost.counted)
