"""The cost of a network: parameters, operations, numbers moved, depth. Linear in the graph.

All counts are for one image in evaluation. A MAC is one multiply-add of a convolution or a linear
layer, and two FLOPs; what He et al. 2015 call a FLOP is a MAC. Other ops move numbers, and their
arithmetic is not counted. Each op runs alone here: it reads each tensor once and writes one.
`fusion` has the savings of fused kernels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from archdsl.ir import Graph, Node, Scope
from archdsl.ops.base import Weight, volume
from archdsl.records import record


@record
class Cost:
    """Learned scalars, multiply-adds, and numbers (of any width) read and written.

    `counted` is the count of another convention, where one is asked for.
    """

    params: int = 0
    macs: int = 0
    read: int = 0
    written: int = 0
    counted: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.params + other.params,
            self.macs + other.macs,
            self.read + other.read,
            self.written + other.written,
            self.counted + other.counted,
        )

    def __mul__(self, times: int) -> Cost:
        return Cost(
            self.params * times,
            self.macs * times,
            self.read * times,
            self.written * times,
            self.counted * times,
        )

    @property
    def flops(self) -> int:
        """Two operations for each multiply-add."""
        return 2 * self.macs

    def intensity(self, width: int) -> float:
        """Return FLOPs per byte moved, for numbers of `width` bytes; 0 where nothing moves."""
        moved = width * (self.read + self.written)
        return self.flops / moved if moved else 0.0


def costs(graph: Graph) -> Mapping[int, Cost]:
    """Return the cost of each node by its number; nodes of training only have parameters alone."""
    evaluated = graph.evaluated()
    return {node.id: _cost(graph, node, node.id in evaluated) for node in graph.nodes}


def _cost(graph: Graph, node: Node, evaluated: bool) -> Cost:
    inputs = graph.operands(node)
    weights = node.op.weights(inputs)
    params = sum(volume(w.shape) for w in weights if w.learned)
    if not evaluated:
        return Cost(params)
    macs = node.op.macs(inputs, node.shape)
    if node.op.runs == "free" or not inputs:
        return Cost(params, macs)
    read = sum(volume(graph.nodes[source].shape) for source in set(node.inputs))
    return Cost(params, macs, read + used(weights), volume(node.shape))


def used(weights: Iterable[Weight]) -> int:
    """Return how many numbers evaluation reads of an op's weights and running statistics."""
    return sum(volume(w.shape) for w in weights if w.shape)  # a lone number counts batches


def total(graph: Graph, by_node: Mapping[int, Cost], place: Scope | Node | None = None) -> Cost:
    """Return the cost of a part of the graph, or of the whole graph."""
    if isinstance(place, Node):
        return by_node[place.id]
    nodes = (place or graph.root).nodes()
    return sum((by_node[node.id] for node in nodes), Cost())


def evaluation(graph: Graph, by_node: Mapping[int, Cost]) -> Cost:
    """Return the cost of all nodes that evaluation runs: without auxiliary heads."""
    return sum((by_node[number] for number in graph.evaluated()), Cost())


def by_kind(graph: Graph, by_node: Mapping[int, Cost]) -> Mapping[str, tuple[int, Cost]]:
    """Return the number of ops and their cost for each kind, in the order of first use."""
    numbers: Counter[str] = Counter()
    found: dict[str, Cost] = {}
    for node in graph.nodes:
        if node.inputs:
            kind = node.op.kind
            numbers[kind] += 1
            found[kind] = found.get(kind, Cost()) + by_node[node.id]
    return {kind: (numbers[kind], cost) for kind, cost in found.items()}


def depth(graph: Graph) -> int:
    """Return the number of weighted layers on the longest path, as papers count depth.

    Convolutions and fully connected layers count, pools and norms do not (He et al. 2015, section
    3.3: "34 parameter layers").
    """
    longest: list[int] = []
    for node in graph.nodes:
        before = max((longest[source] for source in node.inputs), default=0)
        longest.append(before + node.op.weighted)
    return max((longest[output] for output in graph.outputs), default=0)
