"""A network in a few numbers, by which networks are compared. Linear in the graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from archdsl.analyses.cost import costs, depth, evaluation, total
from archdsl.ir import Graph, Node
from archdsl.ops.base import volume

WIDTH = 4  # bytes of a number in fp32


@dataclass(frozen=True)
class Measure:
    """One of the numbers: its name in data, its title, its unit ("" for a count), its sense.

    `scale` is by how much people divide it where they read a chart, in the unit `large`. Where it
    is equal to the measure `unless`, it says nothing new.
    """

    word: str
    title: str
    unit: str = ""
    scale: float = 1.0
    large: str = ""
    less: bool = True  # the better
    unless: str = ""


MEASURES: Mapping[str, Measure] = {
    each.word: each
    for each in (
        Measure("params", "parameters", scale=1e6, large="millions"),
        Measure(
            "params_inference", "parameters in evaluation", "", 1e6, "millions", unless="params"
        ),
        Measure("macs", "multiply-adds", scale=1e9, large="billions"),
        Measure("depth", "depth", large="weighted layers", less=False),
        Measure("activations", "activations", "B", 1e6, "MB in fp32"),
        Measure("largest", "largest activation", "B", 1e6, "MB in fp32"),
    )
}
TOP1 = Measure("top1", "top-1 accuracy", "%", 1.0, "%", less=False)


def measures(graph: Graph) -> dict[str, int]:
    """The value of every measure of one image, by its word.

    `activations` are the bytes of all values that evaluation computes, in fp32, whether they are
    alive at once or not; `largest` the largest of them. Views compute nothing.
    """
    by_node = costs(graph)
    whole, inference = total(graph, by_node), evaluation(graph, by_node)
    evaluated = graph.evaluated()
    made = [volume(node.shape) for node in graph.nodes if _computes(node) and node.id in evaluated]
    return {
        "params": whole.params,
        "params_inference": inference.params,
        "macs": whole.macs,
        "depth": depth(graph),
        "activations": WIDTH * sum(made),
        "largest": WIDTH * max(made, default=0),
    }


def _computes(node: Node) -> bool:
    return bool(node.inputs) and not node.op.views


def front(points: Sequence[tuple[float, float]], less: tuple[bool, bool]) -> set[int]:
    """The positions of the points that no other is better than: the Pareto front of two measures.

    `less` says, for each of the two, whether less is better. A point is not on the front where
    another is at least as good in both and better in one; equal points are on it together.
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
