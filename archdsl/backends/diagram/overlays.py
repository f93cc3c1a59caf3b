"""What cards can be coloured by: a table of analyses, each a number for every node."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from archdsl.analyses.cost import costs
from archdsl.analyses.roofline import Rates
from archdsl.backends.diagram import theme
from archdsl.backends.diagram.parts import Part
from archdsl.ir import Graph

MOST_FIELDS = 1_000_000  # inputs times nodes: beyond, no field is computed
Numbers = Mapping[int, float]


@dataclass(frozen=True)
class Overlay:
    """A number for each node; what a part of several has is their sum, or the most of them.

    `of` is given the rates of a device, where there are any; `always` says whether hovering shows
    the number without being asked to.
    """

    title: str
    unit: str
    of: Callable[[Graph, Rates | None], Numbers]
    summed: bool = True
    always: bool = True


def _params(graph: Graph, rates: Rates | None) -> Numbers:
    return {number: cost.params for number, cost in costs(graph).items()}


def _macs(graph: Graph, rates: Rates | None) -> Numbers:
    return {number: cost.macs for number, cost in costs(graph).items()}


def _rf(graph: Graph, rates: Rates | None) -> Numbers:
    """The longer side of what a value sees of any input.

    A value that no position bounds sees all of the input, and no less than what it reads does: a
    field never shrinks along a path.
    """
    from archdsl.analyses.receptive_field import receptive_fields

    sizes = dict.fromkeys(range(len(graph.nodes)), 0.0)
    for source in graph.inputs if len(graph.inputs) * len(graph.nodes) <= MOST_FIELDS else ():
        side = max(graph.nodes[source].shape[1:], default=1)
        own: dict[int, float] = {}
        for number, field in receptive_fields(graph, source).items():
            known = [axis.size for axis in field.axes if axis] + [side] * field.whole
            read = (own[i] for i in graph.nodes[number].inputs if i in own)
            own[number] = max([*known, *read])
            sizes[number] = max(sizes[number], own[number])
    return sizes


def _memory(graph: Graph, rates: Rates | None) -> Numbers:
    """Bytes that training keeps of one image for the backward of an op, in float32."""
    from archdsl.analyses.saved import saved

    return {number: kept.image for number, kept in saved(graph, 4).items()}


def _time(graph: Graph, rates: Rates | None) -> Numbers:
    """Microseconds of the kernel that an op is the main one of; nothing for the others."""
    from archdsl.analyses.roofline import roofline

    assert rates is not None, "the time on no device"
    spent = {kernel.main: 1e6 * took.seconds for kernel, took in roofline(graph, rates)}
    return {node.id: spent.get(node.id, 0.0) for node in graph.nodes}


OVERLAYS: dict[str, Overlay] = {
    "params": Overlay("parameters", "", _params),
    "macs": Overlay("multiply-adds", "", _macs),
    "memory": Overlay("bytes kept for the backward of an image", "B", _memory, always=False),
    "rf": Overlay("pixels of receptive field", "px", _rf, summed=False),
    "time": Overlay("microseconds at least", "µs", _time, always=False),
}


@dataclass(frozen=True)
class Scale:
    """Colours for numbers from nothing to the most that a card has."""

    overlay: Overlay
    most: float

    def paint(self, value: float) -> tuple[str, str]:
        """The colour of a card, and the ink that is read on it."""
        steps = len(theme.SCALE)
        step = int(steps * value / self.most) if self.most else 0
        return theme.SCALE[min(step, steps - 1)]

    def said(self, value: float) -> str:
        """A number with its unit, as it is written on a card."""
        text = brief(value)
        return text + (" " if text[-1].isdigit() and self.overlay.unit else "") + self.overlay.unit


def totals(part: Part, numbers: Numbers, summed: bool) -> dict[int, float]:
    """The number of a part and of all in it, by identity; of all the equal ones together."""
    found: dict[int, float] = {}

    def total(part: Part) -> float:
        inner = [total(each) for each in part.body.parts] if part.body else []
        inner += [total(each) for each in part.spread]
        inner += [numbers[node.id] for node in part.nodes]
        found[id(part)] = _together(inner, summed)
        return found[id(part)]

    total(part)
    return found


def _together(values: Iterable[float], summed: bool) -> float:
    return sum(values) if summed else max(values, default=0)


def brief(value: float) -> str:
    """`4.09 G`, `25.6 M`, `832`: three digits and a prefix."""
    for factor, prefix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= factor * 0.9995:
            return f"{_digits(value / factor)} {prefix}"
    return _digits(value)


def _digits(value: float) -> str:
    if value >= 99.95 or value == int(value):
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"
