"""The parts of a class in the order in which `forward` runs them; what may be skipped together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from archdsl.backends.torch.classes import Class
from archdsl.backends.torch.outline import Part


@dataclass(eq=False)
class Step:
    """A part to be written, with what it reads once identities are looked through.

    `taken` marks a drop path that is only reached when it is not left out.
    """

    position: int
    part: Part
    reads: tuple[int, ...]
    taken: bool = False

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
    """Where what is needed only if a drop path is taken begins; it ends with their sum."""

    path: Step
    sum: Step

    @property
    def other(self) -> int:
        """The operand that the sum is when the path is left out."""
        assert self.sum.part.skipped is not None
        return self.sum.reads[1 - self.sum.part.skipped]


@dataclass
class Steps:
    """All steps of a class, and the values it returns."""

    ordered: list[Step | Guard] = field(default_factory=list)
    returned: tuple[int, ...] = ()


def steps_of(made: Class, aside: Collection[int]) -> Steps:
    """The steps of a class; `aside` are the values that it returns in training besides."""
    aliases: dict[int, int] = {}
    found: list[Step] = []
    for position, part in enumerate(made.pattern.parts):
        reads = tuple(aliases.get(number, number) for number in part.inputs)
        if position not in made.members and part.passes:
            aliases[part.outputs[0]] = reads[0]
        else:
            found.append(Step(position, part, reads))
    returned = tuple(aliases.get(number, number) for number in made.pattern.outputs)
    return Steps(_gathered(found, {*returned, *aside}), returned)


def _gathered(steps: list[Step], results: Collection[int]) -> list[Step | Guard]:
    """What only a drop path needs, directly before the sum that it belongs to."""
    readers: dict[int, set[Step | Guard]] = defaultdict(set)
    for step in steps:
        for number in step.reads:
            readers[number].add(step)
    found: list[Step | Guard] = []
    made: set[int] = set()
    for step in steps:
        if step.part.skipped is not None:
            path = _maker(found, step.reads[step.part.skipped])
            path.taken = True
            start, inside = _needed_only_by(path, found, readers, results, made)
            outside = [each for each in found[start:] if each not in inside]
            within = [each for each in found[start:] if each in inside]
            found[start:] = [*outside, Guard(path, step), *within]
        found.append(step)
        made.update(step.part.outputs)
    return found


def _maker(steps: list[Step | Guard], number: int) -> Step:
    return next(s for s in reversed(steps) if isinstance(s, Step) and number in s.part.outputs)


def _needed_only_by(
    path: Step,
    before: list[Step | Guard],
    readers: Mapping[int, set[Step | Guard]],
    results: Collection[int],
    made: Collection[int],
) -> tuple[int, set[Step | Guard]]:
    """A step and all those before it whose values nothing else reads, and where they begin."""
    inside: set[Step | Guard] = {path}
    wanted = set(path.part.outputs)
    position = len(before)
    while wanted or _opens(before, position, inside):
        position -= 1
        step = before[position]
        if isinstance(step, Guard):
            if step.sum in inside:
                inside.add(step)
            continue
        wanted.difference_update(step.part.outputs)
        read_inside = all(n not in results and readers[n] <= inside for n in step.part.outputs)
        if read_inside or step is path:
            inside.add(step)
            wanted.update(number for number in step.reads if number in made)
    return position, inside


def _opens(before: list[Step | Guard], position: int, inside: set[Step | Guard]) -> bool:
    """Whether the guard of a sum inside stands right before a position."""
    step = before[position - 1] if position else None
    return isinstance(step, Guard) and step.sum in inside
