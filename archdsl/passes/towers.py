"""Towers on devices of their own, and the moves of values between them.

    concat(f0, f1)      concat(f0, move(f1, 0))    on device 0, where g0 is
      |        |    ->
      g0       g1       concat(move(f0, 1), f1)    on device 1, where g1 is

What only merges or rearranges is done wherever its result is read, so that towers send no more than
what the others see of them (Krizhevsky et al. 2012, figure 2). All other nodes outside of towers
are on the first device.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from archdsl.diagnostics import Rejected, network_errors
from archdsl.ir import Graph, Node, Rewrite, Scope
from archdsl.ops.move import Move

FREE = frozenset(["merge", "shape"])  # kinds of ops that may be done twice


@dataclass(frozen=True)
class PlacedTowers:
    """A graph with its moves, and the paths of the modules outside the first device."""

    graph: Graph
    devices: int
    elsewhere: tuple[tuple[str, int], ...]


def place_towers(graph: Graph, devices: int) -> PlacedTowers:
    """Place the parts of every `split … on devices` on devices 0, 1 … in turn.

    Raises `Rejected` where a tower reads a value from inside another.
    """
    towers = [(part, number % devices) for part, number in _towers(graph.root)]
    placed = _Placer(graph, {id(part): device for part, device in towers}).run()
    elsewhere = [(path, device) for part, device in towers if device for path in _paths(part)]
    return PlacedTowers(placed, devices, tuple(elsewhere))


def _towers(scope: Scope) -> Iterator[tuple[Scope, int]]:
    """Yield the parts of all splits on devices, which stand in the network's own body."""
    for item in scope.items:
        if isinstance(item, Scope):
            parts = [part for part in item.items if isinstance(part, Scope)]
            if item.kind == "towers":
                yield from ((part, number) for number, part in enumerate(parts))
            else:
                yield from _towers(item)


def _paths(part: Scope) -> list[str]:
    """Return the module of a part, or the modules in it where it has none of its own."""
    return [part.path] if part.name else [item.path for item in part.members()]


class _Placer:
    def __init__(self, graph: Graph, towers: dict[int, int]) -> None:
        self.graph = graph
        self.edits = Rewrite(graph)
        self.device = [self._device(node, towers) for node in graph.nodes]
        self.wanted: list[set[int]] = [{0} if d is None else {d} for d in self.device]
        self.at: dict[tuple[int, int], int] = {}

    def _device(self, node: Node, towers: dict[int, int]) -> int | None:
        """Return the device of a node; None: wherever its result is read."""
        for scope in node.scope.lineage():
            if id(scope) in towers:
                return towers[id(scope)]
        return None if node.op.kind in FREE else 0

    def run(self) -> Graph:
        self._spread()
        for node in self.graph.nodes:
            for number, device in enumerate(sorted(self.wanted[node.id])):
                reads = tuple(self._read(source, device, node) for source in node.inputs)
                self.at[node.id, device] = node.id
                if number:
                    copy = self.edits.add(node.op, reads, node, node.scope, node.name)
                    self.at[node.id, device] = copy
                elif reads != node.inputs:
                    self.edits.change(node, node.op, reads)
        return self.edits.result()

    def _spread(self) -> None:
        """Place free nodes where their readers are; results are on the first device."""
        read: dict[int, set[int]] = {number: {0} for number in self.graph.outputs}
        for node in reversed(self.graph.nodes):
            if self.device[node.id] is None:
                self.wanted[node.id] = read.get(node.id, {0})
            for source in node.inputs:
                read.setdefault(source, set()).update(self.wanted[node.id])

    def _read(self, source: int, device: int, node: Node) -> int:
        """Return the number of a value on a device, moved there if needed."""
        if (source, device) not in self.at:
            before = self._outermost(node)
            home = min(self.wanted[source])
            if before.id <= source:
                path = self.graph.nodes[source].path
                raise Rejected(network_errors.read_across_towers(path).at(node.span))
            moved = self.edits.add(
                Move(device), (self.at[source, home],), before, self.graph.root, "move"
            )
            self.at[source, device] = moved
        return self.at[source, device]

    def _outermost(self, node: Node) -> Node:
        """Return the first node of the item in the network's own body that holds a node."""
        around = [scope for scope in node.scope.lineage() if scope.parent is not None]
        return next(around[-1].nodes()) if around else node
