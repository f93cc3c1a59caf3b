"""Overlays: the analyses that can colour cards, each a number for every node."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from archdsl.analyses.cost import costs
from archdsl.analyses.roofline import Rates
from archdsl.ir import Graph, Node

MOST_FIELDS = 300_000  # an input and a value that depends on it: each needs a field
Numbers = Mapping[int, float]


@dataclass(frozen=True)
class Overlay:
    """A number for each node; a part of several nodes shows their sum or maximum.

    `of` takes the rates of a device, if any, and returns None where it would take too long.
    `always`: hovering shows the number even if not asked for.
    """

    title: str
    unit: str
    of: Callable[[Graph, Rates | None], Numbers | None]
    summed: bool = True
    always: bool = True


def _params(graph: Graph, rates: Rates | None) -> Numbers:
    return {number: cost.params for number, cost in costs(graph).items()}


def _macs(graph: Graph, rates: Rates | None) -> Numbers:
    return {number: cost.macs for number, cost in costs(graph).items()}


def _rf(graph: Graph, rates: Rates | None) -> Numbers | None:
    """Return the longer side of what a value sees of any input.

    A value that no position bounds sees all of the input, and no less than what it reads does: a
    field never shrinks along a path.
    """
    from archdsl.analyses.receptive_field import Budget, receptive_fields

    sizes = dict.fromkeys(range(len(graph.nodes)), 0.0)
    dependent = dependents(graph, MOST_FIELDS)
    if dependent is None:
        return None
    budget = Budget.of(graph)
    for source, nodes in dependent.items():
        side = max(graph.nodes[source].shape[1:], default=1)
        own: dict[int, float] = {}
        for number, field in receptive_fields(graph, source, nodes, budget).items():
            known = [axis.size for axis in field.axes if axis] + [side] * field.whole
            read = (own[i] for i in graph.nodes[number].inputs if i in own)
            own[number] = max([*known, *read])
            sizes[number] = max(sizes[number], own[number])
    return sizes


def dependents(graph: Graph, most: int) -> dict[int, list[Node]] | None:
    """Return for each input the nodes that depend on it; None for more than `most` in all."""
    readers: list[list[int]] = [[] for _ in graph.nodes]
    for node in graph.nodes:
        for number in set(node.inputs):
            readers[number].append(node.id)
    found: dict[int, list[Node]] = {}
    for source in graph.inputs:
        seen, waiting = {source}, [source]
        while waiting:
            new = [each for each in readers[waiting.pop()] if each not in seen]
            seen.update(new)
            waiting += new
            if len(seen) > most and len(graph.inputs) > 1:
                return None
        most -= len(seen)
        found[source] = [graph.nodes[number] for number in sorted(seen)]
    return found


def too_many_inputs(graph: Graph) -> str:
    """Return the message that receptive fields take too long, with the next step."""
    return (
        f"--color-by rf: {graph.name} has {len(graph.inputs):,} inputs that"
        f" {len(graph.nodes):,} values depend on, and {MOST_FIELDS:,} pairs of an input and a value"
        " are the most: colour by another number, or draw a network of fewer inputs"
    )


def _memory(graph: Graph, rates: Rates | None) -> Numbers:
    """Return the bytes that training keeps of one image for an op's backward, in float32."""
    from archdsl.analyses.saved_for_backward import saved_for_backward

    return {number: kept.image for number, kept in saved_for_backward(graph, 4).items()}


def _time(graph: Graph, rates: Rates | None) -> Numbers:
    """Return microseconds for the main op of each kernel, 0 for other ops."""
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
