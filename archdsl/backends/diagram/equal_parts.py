"""Merge equal neighbours: followers join an op's card, equal parts in a row are one."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from archdsl.backends.diagram.picture_model import PicturePart
from archdsl.backends.diagram.visible_values import VisibleValues
from archdsl.ir import Node

FOLLOWERS = ("norm", "activation", "regularisation")  # written below what they follow


@dataclass
class EqualParts:
    """A search for equal parts in a row; `looks` numbers everything by its look."""

    visible: VisibleValues
    looks: dict[Hashable, int] = field(default_factory=dict)

    def look(self, *parts: Hashable) -> int:
        """Return one number for all that look the same: comparison stays cheap at any depth."""
        return self.looks.setdefault(parts, len(self.looks))

    def bounded(
        self, part: PicturePart, inside: list[PicturePart], nodes: Iterable[Node] = ()
    ) -> None:
        """Set the first node that a part reads from outside, and the last that reads inside it."""
        part.low = min(each.low for each in inside)
        part.reach = max(each.reach for each in inside)
        ends = [each.last for each in inside if each.last is not None]
        for node in (*ends, *nodes):
            part.low = min((part.low, *self.visible.reads[node.id]))
            if node is not part.last:
                part.reach = max(part.reach, self.visible.latest[node.id])

    def settled(self, parts: list[PicturePart]) -> list[PicturePart]:
        """Join followers to their ops, then merge equal neighbours."""
        return self.gathered(self.fused(parts))

    def fused(self, parts: list[PicturePart]) -> list[PicturePart]:
        """Join a norm or activation to the op's card that it alone reads."""
        found: list[PicturePart] = []
        for part in parts:
            before = found[-1] if found else None
            if before is None or not self._follows(part, before):
                found.append(part)
                continue
            before.detail = " · ".join(filter(None, (before.detail, part.title, part.detail)))
            before.nodes += part.nodes
            before.last = part.last
            before.look = self.look(before.look, part.look)
        return found

    def gathered(self, parts: list[PicturePart]) -> list[PicturePart]:
        """Merge equal neighbours."""
        found: list[PicturePart] = []
        for part in parts:
            if not found or not self._repeats(part, found[-1]):
                found.append(part)
                continue
            join(found[-1], part)
            found[-1].last = part.last
        return found

    def in_a_row(self, rounds: list[list[PicturePart]]) -> bool:
        """Whether each round reads only the end of the one before, and nothing else reads them."""
        if any(self._read_within(parts) for parts in rounds):
            return False
        for before, after in pairwise(rounds):
            last, end = after[-1].last, before[-1].last
            assert last is not None
            assert end is not None
            if min(part.low for part in after) < end.id or self.visible.latest[end.id] > last.id:
                return False
        return True

    def _read_within(self, parts: list[PicturePart]) -> bool:
        """Whether something after a round reads one of its values other than its last."""
        end = parts[-1].last
        assert end is not None
        ends = [self.visible.latest[part.last.id] for part in parts[:-1] if part.last is not None]
        return max([*ends, *(part.reach for part in parts)]) > end.id

    def _repeats(self, part: PicturePart, before: PicturePart) -> bool:
        if before.look != part.look or before.kind in ("merge", "input"):
            return False
        return self.in_a_row([[before], [part]])

    def _follows(self, part: PicturePart, before: PicturePart) -> bool:
        """Whether a part is a follower of the one before, and of nothing else."""
        if part.kind not in FOLLOWERS or part.form == "box" or before.form not in ("card", "pill"):
            return False
        if before.tap or before.kind in ("block", "input", "other") or part.mark != before.mark:
            return False
        assert part.first is not None
        assert before.last is not None
        alone = self.visible.uses[before.last.id] == 1
        return alone and self.visible.reads[part.first.id] == (before.last.id,)


def join(part: PicturePart, equal: PicturePart) -> None:
    """Let a part stand for an equal one too; it then has no name of its own."""
    part.times += equal.times
    part.spread.append(equal)
    part.name, part.title = "", part.what or part.title
