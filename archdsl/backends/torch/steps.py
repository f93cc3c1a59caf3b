"""The steps of a class's `forward`, and where what is computed only under a condition begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from archdsl.backends.torch.outline import Part

Wish = tuple[int, int]  # an operand of a join, or a value to return: see `demand`
Demand = frozenset[Wish] | None  # None: always needed


@dataclass(eq=False)
class Step:
    """A part to be written, with what it reads once identities are looked through.

    `picks` marks a join that training gives only some of its operands, `taken` a drop path that is
    only reached when it is not left out. `before` are parts that backward computes again together
    with what the step reads; () if that is a concatenation, None if all is kept.
    """

    position: int
    part: Part
    reads: tuple[int, ...]
    picks: bool = False
    taken: bool = False
    demand: Demand = None
    before: tuple[Step, ...] | None = None

    @property
    def begins(self) -> bool:
        """Layers with weights and modules of our own begin a statement."""
        return self.part.node is None or self.part.node.op.weighted

    @property
    def allocates(self) -> bool:
        """Whether it needs memory for its result beside that of what it reads."""
        op = self.part.node.op if self.part.node is not None else None
        return op is None or not (op.views or (op.in_place and self.part.overwrites))

    @property
    def merges(self) -> bool:
        return self.part.node is not None and self.part.node.op.many


@dataclass(eq=False)
class Guard:
    """Where what is computed only under a condition begins; `last` is the last step of that.

    Either a drop path is taken, which ends with the sum that it belongs to, or the demand is met.
    Before the condition the joins `drawn` must have said what they keep, and the values `unset`
    become None; `made` are those of such values that are made under it.
    """

    last: Step
    path: Step | None = None
    demand: Demand = None
    drawn: set[int] = field(default_factory=set)
    unset: list[int] = field(default_factory=list)
    made: list[int] = field(default_factory=list)

    @property
    def other(self) -> int:
        """The operand that the sum is when the path is left out."""
        assert self.last.part.skipped is not None
        return self.last.reads[1 - self.last.part.skipped]


@dataclass
class Steps:
    """All steps of a class, the values it returns, and for what each value is needed."""

    ordered: list[Step | Guard] = field(default_factory=list)
    returned: tuple[int, ...] = ()
    demands: Mapping[int, Demand] = field(default_factory=dict)
