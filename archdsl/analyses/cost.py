"""What a network costs: parameters, multiply-adds, depth. All linear in the graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archdsl.ir import Graph, Node, Scope
from archdsl.ops.base import volume


@dataclass(frozen=True)
class Cost:
    """Learned scalars, and multiply-adds of convolutions and linear layers for one image."""

    params: int = 0
    macs: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.params + other.params, self.macs + other.macs)


def costs(graph: Graph) -> Mapping[int, Cost]:
    """The cost of each node, by its number; what only training runs has parameters and no MACs."""
    evaluated = graph.evaluated()
    return {node.id: _cost(graph, node, node.id in evaluated) for node in graph.nodes}


def _cost(graph: Graph, node: Node, evaluated: bool) -> Cost:
    inputs = graph.operands(node)
    params = sum(volume(w.shape) for w in node.op.weights(inputs) if w.learned)
    return Cost(params, node.op.macs(inputs, node.shape) if evaluated else 0)


def total(graph: Graph, by_node: Mapping[int, Cost], place: Scope | Node | None = None) -> Cost:
    """The cost of a part of the graph, or of all of it."""
    if isinstance(place, Node):
        return by_node[place.id]
    nodes = (place or graph.root).nodes()
    return sum((by_node[node.id] for node in nodes), Cost())


def evaluation(graph: Graph, by_node: Mapping[int, Cost]) -> Cost:
    """The cost of what a result in evaluation depends on: no auxiliary heads."""
    return sum((by_node[number] for number in graph.evaluated()), Cost())


def depth(graph: Graph) -> int:
    """Weighted layers on the longest path, as papers count depth.

    Convolutions and fully connected layers count, pools and norms do not (He et al. 2015,
    section 3.3: "34 parameter layers").
    """
    longest: list[int] = []
    for node in graph.nodes:
        before = max((longest[source] for source in node.inputs), default=0)
        longest.append(before + node.op.weighted)
    return max((longest[output] for output in graph.outputs), default=0)
