"""Effects of the passes on a network, for `--explain-passes`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from archdsl.analyses.cost import costs, total
from archdsl.inference.pipeline import INFERENCE, Pass
from archdsl.ir import Graph
from archdsl.ops.base import volume

BYTES = 4  # a number in single precision


@dataclass(frozen=True)
class Size:
    """Nodes, multiply-adds and bytes of a graph, for one image in single precision.

    The bytes are those that ops read and write of values, each op on its own; weights do not count.
    """

    nodes: int
    macs: int
    moved: int

    def __sub__(self, other: Size) -> Size:
        return Size(self.nodes - other.nodes, self.macs - other.macs, self.moved - other.moved)


@dataclass(frozen=True)
class Effect:
    """A pass, what it is for, and the graph's size after it less that before."""

    name: str
    purpose: str
    saved: Size | None


def effects(graph: Graph, passes: tuple[Pass, ...] = INFERENCE) -> Iterator[Effect]:
    """Each pass in order; `saved` is None where it found nothing to do."""
    before = size_of(graph)
    for rewrite in passes:
        rewritten = rewrite(graph)
        purpose = (rewrite.__doc__ or "").strip().split("\n")[0]
        after = before if rewritten is graph else size_of(rewritten)
        saved = None if rewritten is graph else before - after
        yield Effect(rewrite.__name__, purpose, saved)
        graph, before = rewritten, after


def size_of(graph: Graph) -> Size:
    """The size of a graph."""
    moved = sum(
        volume(node.shape) + sum(map(volume, graph.operands(node)))
        for node in graph.nodes
        if node.inputs and not node.op.views
    )
    return Size(len(graph.nodes), total(graph, costs(graph)).macs, moved * BYTES)
