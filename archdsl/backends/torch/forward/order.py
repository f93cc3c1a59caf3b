"""The execution order of a class's parts, and how often and until when each value is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from archdsl.backends.torch.generated_class import Class
from archdsl.backends.torch.layout import Expr
from archdsl.backends.torch.outline import Part


@dataclass(frozen=True, eq=False)
class Step:
    """The execution of one part, with the values it reads once identities are looked through.

    `path` is the access to the module that the class holds for it, None for a function. `before`
    are the steps that backward computes again together with what they read; () if that is a
    concatenation, None if every value is kept.

    The last three are set by `drop_path`: a method to call instead of the module, the condition
    under which each operand is passed (otherwise None is), and arguments behind the operands.
    """

    position: int
    part: Part
    reads: tuple[int, ...]
    path: str | None = None
    before: tuple[Step, ...] | None = None
    method: str = ""
    given: tuple[str | None, ...] = ()
    more: tuple[Expr, ...] = ()

    @property
    def begins(self) -> bool:
        """Whether it begins a statement: layers with weights and modules of our own do."""
        return self.part.node is None or self.part.node.op.weighted

    @property
    def allocates(self) -> bool:
        """Whether it needs memory for its result beside that of its operands."""
        op = self.part.node.op if self.part.node is not None else None
        return op is None or not (op.views or (op.in_place and self.part.overwrites))

    @property
    def merges(self) -> bool:
        return self.part.node is not None and self.part.node.op.many


@dataclass(frozen=True)
class Path:
    """A sum with the operand that training may leave out; the sum is then the `other` one."""

    total: Step

    @property
    def left_out(self) -> int:
        assert self.total.part.skipped is not None
        return self.total.reads[self.total.part.skipped]

    @property
    def other(self) -> int:
        assert self.total.part.skipped is not None
        return self.total.reads[1 - self.total.part.skipped]


@dataclass(frozen=True)
class OpenPath(Path):
    """The start of what is computed only if a path is taken; `coin` is the access to its module."""

    coin: str


@dataclass(frozen=True)
class ClosePath(Path):
    """The end of it, where the sum adds the path."""


@dataclass(frozen=True)
class Draw:
    """A join chooses the operands that it keeps; the variable `mask` holds the choice."""

    mask: str
    join: Step
    live: Expr | None  # the condition under which anything reads the join


@dataclass(frozen=True)
class Reserve:
    """Values that only conditions make become None."""

    numbers: tuple[int, ...]


@dataclass(frozen=True)
class OpenRun:
    """The start of what is computed only under a condition."""

    condition: Expr


@dataclass(frozen=True)
class CloseRun:
    """The end of it; `made` are those of the reserved values that it makes."""

    made: tuple[int, ...]


Item = Step | OpenPath | ClosePath | Draw | Reserve | OpenRun | CloseRun


@dataclass(frozen=True)
class Order:
    """All that a `forward` executes, one after another.

    `results` are the values that it returns, each passed under the condition in `given`; `aside`
    are those that it returns beside them in training. `parameters` are declared behind the inputs.
    """

    items: tuple[Item, ...]
    inputs: tuple[int, ...]
    results: tuple[int, ...]
    aside: tuple[int, ...]
    given: tuple[str | None, ...] = ()
    parameters: tuple[str, ...] = ()

    @property
    def steps(self) -> list[Step]:
        """Every step, sums of paths included."""
        steps = (item.total if isinstance(item, ClosePath) else item for item in self.items)
        return [step for step in steps if isinstance(step, Step)]

    @cached_property
    def uses(self) -> Mapping[int, int]:
        """The number of times that each value is read, as a result too."""
        found = Counter(self.results)
        for step in self.steps:
            found.update(step.reads)
        return found

    @cached_property
    def last_use(self) -> Mapping[int, int]:
        """The place among the items where each value is read last, or made if it is not read."""
        found = dict.fromkeys(self.inputs, -1)
        for place, item in enumerate(self.items):
            step = item.total if isinstance(item, ClosePath) else item
            if isinstance(step, Step):
                found |= dict.fromkeys((*step.reads, *step.part.outputs), place)
        return found | dict.fromkeys((*self.results, *self.aside), len(self.items))


def order_of(made: Class, aside: Sequence[int]) -> Order:
    """The parts of a class in the author's order; identities that need no module are left out.

    `aside` are the values that the class returns in training beside its results.
    """
    aliases: dict[int, int] = {}
    steps: dict[int, Step] = {}
    module = made.pattern
    results_aside = frozenset(aside)
    for position, part in enumerate(module.parts):
        reads = tuple(aliases.get(number, number) for number in part.inputs)
        held = position in made.members
        if part.passes and not held and part.outputs[0] not in results_aside:
            aliases[part.outputs[0]] = reads[0]
        else:
            steps[position] = Step(position, part, reads, made.step(part) if held else None)
    for position, places in module.again.items():
        before = tuple(steps.pop(place) for place in places)
        first = (*before, steps[position])[0]
        steps[position] = replace(steps[position], before=before, reads=first.reads)
    results = tuple(aliases.get(number, number) for number in module.outputs)
    return Order(tuple(steps.values()), module.inputs, results, tuple(aside))
