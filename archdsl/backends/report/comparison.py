"""Networks side by side: one record each, with every measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archdsl.analyses.measures import MEASURES, TOP1, Measure, measures
from archdsl.backends.report.formats import number
from archdsl.backends.report.records import Column, Record
from archdsl.backends.report.view import inputs_of, sizes
from archdsl.ir import Graph


@dataclass(frozen=True)
class Entry:
    """A network with its numbers by the words of their measures; `top1` where it is known."""

    label: str
    input: str
    values: Mapping[str, float]

    @property
    def record(self) -> Record:
        return {"network": self.label, "input": self.input, **self.values}


def entry(graph: Graph, label: str, top1: float | None = None) -> Entry:
    """A network as it is compared."""
    known = {} if top1 is None else {TOP1.word: top1}
    return Entry(label, sizes(inputs_of(graph)), {**measures(graph), **known})


def shown(measure: Measure, value: float) -> str:
    """A measure's value as people read it: bytes in megabytes, counts with all their digits."""
    if measure.unit == "B":
        return f"{value / 1e6:,.2f} MB"
    return f"{value:.1f} %" if measure.unit else number(int(value))


def columns(first: Sequence[Column] = (Column("network", "network"),)) -> tuple[Column, ...]:
    """What is said of a network: the columns that say which, then its input and its measures."""
    said = (_column(measure) for measure in (*MEASURES.values(), TOP1))
    return (*first, Column("input", "input"), *said)


def _column(measure: Measure) -> Column:
    def show(value: Any) -> str:
        return shown(measure, value)

    return Column(measure.word, measure.title, show, number=True, unless=measure.unless)
