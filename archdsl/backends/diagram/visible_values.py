"""The values that a picture shows: which nodes are drawn, and what each reads."""

from __future__ import annotations

from dataclasses import dataclass, field

from archdsl.ir import Graph, Node


def hidden(node: Node) -> bool:
    """Whether nothing is drawn of a node: an identity, or a dropout with rate 0."""
    return bool(node.inputs) and (node.op.passes or node.op.rate == 0)


@dataclass
class VisibleValues:
    """The drawn nodes and their readers, in lists by node number.

    `origin` is the drawn node whose value a node has, `reads` the drawn nodes that it reads, `rank`
    its position among the drawn ones, `readers` the drawn nodes that read it (past the end for
    results), `uses` their number, `latest` the last.
    """

    graph: Graph
    origin: list[int] = field(default_factory=list)
    reads: list[tuple[int, ...]] = field(default_factory=list)
    rank: list[int] = field(default_factory=list)
    readers: list[list[int]] = field(default_factory=list)
    uses: list[int] = field(default_factory=list)
    latest: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        nodes = self.graph.nodes
        self.readers = [[] for _ in nodes]
        self.uses, self.latest = [0] * len(nodes), [0] * len(nodes)
        drawn = 0
        for node in nodes:
            self.reads.append(tuple(self.origin[number] for number in node.inputs))
            self.rank.append(drawn)
            if hidden(node):
                self.origin.append(self.reads[-1][0])
                continue
            self.origin.append(node.id)
            drawn += 1
            for number in self.reads[-1]:
                self._read(number, node.id)
        for number in (*self.graph.outputs, *(aux.node for aux in self.graph.auxiliaries)):
            self._read(self.origin[number], len(nodes))

    def _read(self, number: int, by: int) -> None:
        self.readers[number].append(by)
        self.uses[number] += 1
        self.latest[number] = by

    def offsets(self, node: Node) -> tuple[int, ...]:
        """Return the distances from a node back to what it reads, equal for equally wired parts."""
        return tuple(self.rank[node.id] - self.rank[number] for number in self.reads[node.id])
