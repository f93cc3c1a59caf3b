"""The numbers by which networks are compared. Linear in the graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from archdsl.analyses.cost import Cost, costs, depth, evaluation, total
from archdsl.analyses.live_memory import live_memory
from archdsl.analyses.memory import outputs
from archdsl.analyses.receptive_field import last_spatial, receptive_fields
from archdsl.analyses.saved_for_backward import saved_for_backward
from archdsl.ir import Graph
from archdsl.ops.base import volume

WIDTH = 4  # bytes of a number in fp32


class Known:
    """Intermediate results that several measures of a graph share, each computed once."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    @cached_property
    def costs(self) -> Mapping[int, Cost]:
        return costs(self.graph)

    @cached_property
    def total(self) -> Cost:
        return total(self.graph, self.costs)

    def largest(self) -> int:
        """Return the bytes of the largest value in evaluation, without inputs."""
        evaluated = self.graph.evaluated()
        nodes = (node for node in self.graph.nodes if node.inputs and node.id in evaluated)
        return WIDTH * max((volume(node.shape) for node in nodes), default=0)

    def saved(self) -> int:
        """Return the bytes that autograd keeps for one image."""
        return sum(kept.of(1) for kept in saved_for_backward(self.graph, WIDTH).values())

    def field(self) -> float | None:
        """Return the receptive field of the last spatial value, along its longer axis."""
        found = last_spatial(self.graph, receptive_fields(self.graph))
        sizes = [axis.size for axis in found.axes if axis] if found else []
        longest = max(sizes, default=None)
        return longest if longest is None or isinstance(longest, int) else float(longest)


@dataclass(frozen=True)
class Measure:
    """One number of a network: its name in data, its title, its function, unit and direction.

    `unit` is "" for a count. Charts divide it by `scale` and use the unit `large`. Where it equals
    the measure `unless`, it is not shown. `less`: smaller is better.
    """

    word: str
    title: str
    of: Callable[[Known], float | None] = lambda known: None
    unit: str = ""
    scale: float = 1.0
    large: str = ""
    less: bool = True  # the better
    unless: str = ""


MEGABYTES = ("B", 1e6, "MB in fp32")
MEASURES: Mapping[str, Measure] = {
    each.word: each
    for each in (
        Measure("params", "parameters", lambda g: g.total.params, "", 1e6, "millions"),
        Measure(
            "params_inference", "parameters in evaluation",
            lambda g: evaluation(g.graph, g.costs).params, "", 1e6, "millions", unless="params",
        ),
        Measure("macs", "multiply-adds", lambda g: g.total.macs, "", 1e9, "billions"),
        Measure(
            "depth", "depth", lambda g: depth(g.graph), "", 1, "weighted layers", less=False
        ),
        Measure("rf", "receptive field", Known.field, "px", 1, "pixels", less=False),
        Measure("activations", "activations", lambda g: WIDTH * outputs(g.graph), *MEGABYTES),
        Measure("largest", "largest activation", Known.largest, *MEGABYTES),
        Measure(
            "live", "alive in inference",
            lambda g: live_memory(g.graph, WIDTH).generated, *MEGABYTES,
        ),
        Measure("saved", "saved in training", Known.saved, *MEGABYTES),
    )
}  # fmt: skip
QUICK = ("params", "params_inference", "macs", "depth", "activations")
TOP1 = Measure("top1", "top-1 accuracy", unit="%", large="%", less=False)


def measures(graph: Graph, words: Iterable[str] = MEASURES) -> dict[str, float]:
    """Return the values of measures by their words, for one image; unknown ones are left out.

    Bytes are of values in fp32: `activations` of all outputs of ops in evaluation, `largest` of the
    largest, `live` of the peak of the generated code, `saved` of what training keeps.
    """
    known = Known(graph)
    found = {word: MEASURES[word].of(known) for word in words}
    return {word: value for word, value in found.items() if value is not None}


def front(points: Sequence[tuple[float, float]], less: tuple[bool, bool]) -> set[int]:
    """Return the positions of the Pareto front of two measures: points that no other beats.

    `less` gives, for each measure, whether less is better. A point is off the front where another
    is at least as good in both and better in one; equal points are on it together.
    """
    signs = [1 if each else -1 for each in less]
    keys = [(signs[0] * x, signs[1] * y) for x, y in points]
    found: set[int] = set()
    best: tuple[float, float] | None = None
    for number in sorted(range(len(keys)), key=lambda number: keys[number]):
        if best is None or keys[number][1] < best[1] or keys[number] == best:
            best = keys[number]
            found.add(number)
    return found
