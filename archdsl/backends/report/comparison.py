"""Networks side by side: one record each, with every measure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archdsl.analyses.measures import MEASURES, TOP1, Measure, measures
from archdsl.backends.report.record_table import Record, RecordColumn
from archdsl.backends.report.summary import inputs_of, sizes
from archdsl.ir import Graph

MEASURED = {**MEASURES, TOP1.word: TOP1}


@dataclass(frozen=True)
class ComparedNetwork:
    """A network with its numbers by the words of their measures; `top1` if known."""

    label: str
    input: str
    values: Mapping[str, float]

    @property
    def record(self) -> Record:
        return {"network": self.label, "input": self.input, **self.values}


def compared(
    graph: Graph, label: str, words: Iterable[str] = MEASURES, top1: float | None = None
) -> ComparedNetwork:
    """Measure a network, by the measures of these words."""
    known = {} if top1 is None else {TOP1.word: top1}
    return ComparedNetwork(label, sizes(inputs_of(graph)), {**measures(graph, words), **known})


def shown(measure: Measure, value: float) -> str:
    """Return a measure's value for people: bytes in megabytes, counts with all digits."""
    if measure.unit == "B":
        return f"{value / 1e6:,.2f} MB"
    if measure.unit == "%":
        return f"{value:.1f} %"
    return f"{value:,} {measure.unit}".rstrip()


def columns(
    words: Iterable[str], first: Sequence[RecordColumn] = (RecordColumn("network", "network"),)
) -> tuple[RecordColumn, ...]:
    """Return the columns of a comparison: the identifying ones, the input, the measures."""
    return (*first, RecordColumn("input", "input"), *(_column(MEASURED[word]) for word in words))


def _column(measure: Measure) -> RecordColumn:
    def show(value: Any) -> str:
        return shown(measure, value)

    return RecordColumn(measure.word, measure.title, show, number=True, unless=measure.unless)
