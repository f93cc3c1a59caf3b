"""What a summary says, as frozen data: every op with its cost, and the lines of the table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from archdsl.analyses.cost import Cost, costs, evaluation
from archdsl.backends.report.tree import Branch, tree
from archdsl.ir import Graph
from archdsl.ops import Shape, size


@dataclass(frozen=True)
class Row:
    """One op: its path in the network, its word, what it makes and costs."""

    path: str
    op: str
    out: Shape
    cost: Cost


@dataclass(frozen=True)
class Line:
    """A line of the table: `times` equal parts in a row, each with this output and cost."""

    level: int
    name: str
    path: str
    op: str
    times: int
    out: Shape
    cost: Cost


@dataclass(frozen=True)
class Summary:
    """A network's rows, one for each op, and its lines, equal neighbours in one.

    `total` has all parameters, `inference` those that evaluation reads; both its multiply-adds.
    """

    network: str
    inputs: tuple[tuple[str, Shape], ...]
    rows: tuple[Row, ...]
    lines: tuple[Line, ...]
    total: Cost
    inference: Cost

    @property
    def heading(self) -> str:
        """`resnet50 on 3x224x224`."""
        return f"{self.network} on {sizes(self.inputs)}"


def inputs_of(graph: Graph) -> tuple[tuple[str, Shape], ...]:
    """The inputs of a network by name."""
    return tuple((graph.nodes[n].name, graph.nodes[n].shape) for n in graph.inputs)


def sizes(inputs: tuple[tuple[str, Shape], ...]) -> str:
    """Inputs as people read them: by name where there are several."""
    alone = len(inputs) == 1
    return ", ".join(size(shape) if alone else f"{name} {size(shape)}" for name, shape in inputs)


def view(graph: Graph, depth: int | None = None) -> Summary:
    """The summary of a network; `depth` limits the levels of its lines, not its rows."""
    by_node = costs(graph)
    inputs = inputs_of(graph)
    rows = tuple(
        Row(node.path, node.op.word, node.shape, by_node[node.id])
        for node in graph.nodes
        if node.inputs
    )
    lines = tuple(_lines(tree(graph), 0, depth))
    total = sum((row.cost for row in rows), Cost())
    return Summary(graph.name, inputs, rows, lines, total, evaluation(graph, by_node))


def _lines(branches: tuple[Branch, ...], level: int, depth: int | None) -> Iterator[Line]:
    if depth is not None and level >= depth:
        return
    for each in branches:
        yield Line(level, each.name, each.path, each.op, each.times, each.out, each.cost)
        yield from _lines(each.children, level + 1, depth)
