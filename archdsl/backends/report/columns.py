"""The columns of a summary: what stands in each, of the cost of a line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from archdsl.analyses.cost import Cost

USUAL = ("params", "macs")


@dataclass(frozen=True)
class CostColumn:
    """Its word, which is also its name in CSV; its heading; the number that a cost has for it.

    A `ratio` is of no use times the number of equal parts.
    """

    word: str
    heading: str
    of: Callable[[Cost], int | float]
    ratio: bool = False

    def shown(self, cost: Cost, times: int = 1) -> str:
        """As people read it: `3 x 70,400` for three equal parts, nothing for zero."""
        value = self.of(cost)
        if not value:
            return ""
        if self.ratio:
            return f"{value:,.1f}"
        return f"{times} x {value:,}" if times > 1 else f"{value:,}"


def columns_of(width: int) -> dict[str, CostColumn]:
    """All columns but that of a convention, for numbers of `width` bytes; by their words."""
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


def counted_column(name: str, unit: str) -> CostColumn:
    """What a counter's convention counts, in its unit."""
    return CostColumn("counted", f"{name} {unit}", lambda cost: cost.counted)
