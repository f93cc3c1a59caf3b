"""The columns of a summary: each a number of a line's cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from archdsl.analyses.cost import Cost

USUAL = ("params", "macs")


@dataclass(frozen=True)
class CostColumn:
    """A column: its word, also its name in CSV; its heading; its number for a cost.

    A `ratio` is not multiplied by the number of equal parts.
    """

    word: str
    heading: str
    of: Callable[[Cost], int | float]
    ratio: bool = False

    def shown(self, cost: Cost, times: int = 1) -> str:
        """Return the text for people: `3 x 70,400` for three equal parts, nothing for zero."""
        value = self.of(cost)
        if not value:
            return ""
        if self.ratio:
            return f"{value:,.1f}"
        return f"{times} x {value:,}" if times > 1 else f"{value:,}"


def columns_of(width: int) -> dict[str, CostColumn]:
    """Return all columns except a convention's, by word, for numbers of `width` bytes."""
    columns = (
        CostColumn("params", "params", lambda cost: cost.params),
        CostColumn("macs", "MACs", lambda cost: cost.macs),
        CostColumn("flops", "FLOPs", lambda cost: cost.flops),
        CostColumn("bytes_read", "bytes read", lambda cost: width * cost.read),
        CostColumn("bytes_written", "bytes written", lambda cost: width * cost.written),
        CostColumn("intensity", "FLOP/byte", lambda cost: cost.intensity(width), ratio=True),
    )
    return {column.word: column for column in columns}


WORDS = tuple(columns_of(1))
BY_DTYPE = ("bytes_read", "bytes_written", "intensity")  # the words that the type changes


def counted_column(name: str, unit: str) -> CostColumn:
    """Return the column of a counter's convention, in its unit."""
    return CostColumn("counted", f"{name} {unit}", lambda cost: cost.counted)
