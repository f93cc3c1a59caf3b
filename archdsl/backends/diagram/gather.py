"""Equal neighbours once: what follows an op joins its card, and a row of equal parts is one."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from itertools import pairwise

from archdsl.backends.diagram.parts import Part
from archdsl.ir import Graph

FOLLOWERS = ("norm", "activation", "regularisation")  # written below what they follow


@dataclass
class Gatherer:
    """Knows who reads what in a graph, and a number for everything that looks the same."""

    graph: Graph
    uses: list[int] = field(default_factory=list)  # how often each value is read
    latest: list[int] = field(default_factory=list)  # the last node that reads it
    looks: dict[Hashable, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        nodes = self.graph.nodes
        self.uses = [0] * len(nodes)
        self.latest = [0] * len(nodes)
        for node in nodes:
            for source in node.inputs:
                self.uses[source] += 1
                self.latest[source] = node.id
        for number in (*self.graph.outputs, *(aux.node for aux in self.graph.auxiliaries)):
            self.uses[number] += 1
            self.latest[number] = len(nodes)

    def look(self, *parts: Hashable) -> int:
        """One number for all that look the same: comparing stays cheap however deep they nest."""
        return self.looks.setdefault(parts, len(self.looks))

    def reach(self, inside: list[Part]) -> int:
        """The last node that reads something within, but for what all ends with."""
        ends = [self.latest[part.last.id] for part in inside[:-1] if part.last is not None]
        return max([*ends, *(part.reach for part in inside)])

    def settled(self, parts: list[Part]) -> list[Part]:
        """What follows is written below what it follows, and equal neighbours become one."""
        return self.gathered(self.fused(parts))

    def fused(self, parts: list[Part]) -> list[Part]:
        """Norm and activation join the op that alone gives them their value."""
        found: list[Part] = []
        for part in parts:
            before = found[-1] if found else None
            if before is None or not self._follows(part, before):
                found.append(part)
                continue
            before.detail = " · ".join(filter(None, (before.detail, part.title)))
            before.nodes += part.nodes
            before.last = part.last
            before.look = self.look(before.look, part.look)
        return found

    def gathered(self, parts: list[Part]) -> list[Part]:
        """Equal neighbours, one after another, become one."""
        found: list[Part] = []
        for part in parts:
            if not found or not self._repeats(part, found[-1]):
                found.append(part)
                continue
            join(found[-1], part)
            found[-1].last = part.last
        return found

    def in_a_row(self, rounds: list[list[Part]]) -> bool:
        """Whether each of some rounds goes on where the one before ended, and nothing else reads
        what it ended with, nor anything within it."""
        for before, after in pairwise(rounds):
            first, last, end = after[0].first, after[-1].last, before[-1].last
            assert first is not None
            assert last is not None
            assert end is not None
            if set(first.inputs) != {end.id} or self.reach(before) > end.id:
                return False
            if self.latest[end.id] > last.id:
                return False
        return True

    def _repeats(self, part: Part, before: Part) -> bool:
        if before.look != part.look or before.kind in ("merge", "input"):
            return False
        return self.in_a_row([[before], [part]])

    def _follows(self, part: Part, before: Part) -> bool:
        """Whether a part is a follower of the one before, and of nothing else."""
        if part.kind not in FOLLOWERS or part.form == "box" or before.form not in ("card", "pill"):
            return False
        if before.kind in ("block", "input", "other") or part.mark != before.mark:
            return False
        assert part.first is not None
        assert before.last is not None
        return self.uses[before.last.id] == 1 and part.first.inputs == (before.last.id,)


def join(part: Part, equal: Part) -> None:
    """Lets a part stand for an equal one, too; a name of its own it has no more."""
    part.times += equal.times
    part.spread.append(equal)
    part.name, part.title = "", part.what or part.title
