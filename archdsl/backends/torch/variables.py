"""The variables of a `forward`: which values are held under which names, and from when."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, count

from archdsl.backends.torch.held import Held, Read
from archdsl.backends.torch.layout import Atom, Expr, laid_out
from archdsl.backends.torch.outline import Module
from archdsl.backends.torch.parameters import allowed
from archdsl.backends.torch.steps import Guard, Step, Steps
from archdsl.ir import Node

SPARE_NAMES = ("x", "y", "z", "u", "v", "w")


@dataclass
class Value:
    """A value while it is written: an expression, or (then it `is_name`) a variable.

    `reads` are the variables in the expression, `overwrites` the values whose memory it takes.
    """

    expression: Expr
    depth: int = 0
    is_name: bool = False
    closed: bool = False  # ends a statement: only a merge takes it in unnamed
    frees: bool = False  # reads a variable for the last time, whose memory the name still holds
    reads: tuple[Read, ...] = ()
    overwrites: tuple[int, ...] = ()

    @property
    def length(self) -> int:
        return len(self.expression.flat())

    @cached_property  # asked for by every later statement
    def words(self) -> set[str]:
        return set(re.findall(r"(?<![.\w])[A-Za-z_]\w*", self.expression.flat()))


class Variables:
    """The statements so far, and the values that they have made; `aside` are results besides."""

    def __init__(self, module: Module, steps: Steps, aside: Collection[int]) -> None:
        self.module = module
        self.steps, self.returned, self.demands = steps.ordered, steps.returned, steps.demands
        self.names = input_names(module)
        self.values: dict[int, Value] = {}
        self.pending: list[int] = []  # made, and not yet part of a statement
        self.lines: list[str] = []
        self.held = Held(module.storage)
        self.level = 2  # of indentation
        self.guards: list[Guard] = []  # open ones
        self.kept_for: dict[int, str] = {}  # the variable of a value that is None unless made
        self.unmade: dict[str, int] = {}  # those variables that are still None
        self.uses = Counter(self.returned)
        self.made_at: dict[int, int] = {}
        self.makers: dict[int, Step] = {}
        self.last_use = dict.fromkeys(module.inputs, -1)
        self.order = {step: order for order, step in enumerate(self.steps)}
        begun: dict[Step, int] = {}  # sums that are first assigned where their guard begins
        for order, step in enumerate(self.steps):
            if isinstance(step, Guard):
                begun |= {step.last: order} if step.path is not None else {}
                continue
            self.uses.update(step.reads)
            self.makers |= dict.fromkeys(step.part.outputs, step)
            self.made_at |= dict.fromkeys(step.part.outputs, begun.get(step, order))
            self.last_use |= dict.fromkeys((*step.reads, *step.part.outputs), order)
        self.last_use |= dict.fromkeys((*self.returned, *aside), len(self.steps))
        self.spent: dict[int, list[int]] = defaultdict(list)  # the values last read by each step
        for number, order in self.last_use.items():
            self.spent[max(order, 0)].append(number)

    def _name(self, numbers: tuple[int, ...] | list[int]) -> None:
        """Turns expressions into statements; what was computed before them stays before them."""
        last = max((self.pending.index(n) for n in numbers if n in self.pending), default=-1)
        for number in self.pending[: last + 1]:
            self._assign(self._variable(number), number)
        del self.pending[: last + 1]

    def _assign(self, name: str, number: int) -> None:
        """A statement, unless the value is already what the variable holds."""
        expression = self.values[number].expression
        self._run(number)
        if expression.flat() != name:
            self.lines += laid_out(f"{name} = ", expression, level=self.level)
            self.held.assign(name)
        self._make(name, number)

    def _run(self, *numbers: int, overwrites: tuple[int, ...] = ()) -> None:
        """Check that the variables in some values' expressions still hold what is meant."""
        values = [self.values[number] for number in numbers]
        reads = [read for value in values for read in value.reads]
        taken = [number for value in values for number in value.overwrites]
        self.held.run(reads, [*taken, *overwrites])

    def _make(self, name: str, number: int) -> None:
        """Notes that a variable holds a value, beside those that it was not assigned after."""
        if self.unmade.get(name) == number:
            del self.unmade[name]
        self.held.share(name, number)
        self.values[number] = Value(Atom(name), is_name=True, reads=((name, number),))

    def _variable(self, number: int) -> str:
        """The label of a value that is read more than once; else the first name that is free."""
        if number in self.kept_for:
            return self.kept_for[number]
        needed = self._needed_after(number)
        part = self.makers[number].part
        name = allowed(part.name)
        taken = needed | self.unmade.keys()
        if part.labelled and self.uses[number] > 1 and not {name, part.name} & taken:
            return name
        return next(self._free_names(number))

    def _free_names(self, number: int) -> Iterator[str]:
        """Names for a value: first that of what is made of it, which is still None."""
        needed = self._needed_after(number)
        for name, later in self.unmade.items():
            if name not in needed and self._ends_in(number, later):
                yield name
        yield from (name for name in free_names(needed) if name not in self.unmade)

    def _ends_in(self, number: int, later: int) -> bool:
        """Whether a value is no longer read once a later one of the same run is made."""
        runs = [guard for guard in self.guards if guard.path is None]
        ends = self.last_use[number] <= self.made_at[later]
        return bool(runs) and later in runs[-1].made and ends

    def _unpack(self, step: Step, value: Value) -> None:
        names = [self.kept_for.get(number, "") for number in step.part.outputs]
        self._name([n for n in self.pending if not self.values[n].words.isdisjoint(names)])
        for place, number in enumerate(step.part.outputs):
            free = (name for name in self._free_names(number) if name not in names)
            names[place] = names[place] or next(free)
        self.held.run(value.reads, value.overwrites)
        for number, name in zip(step.part.outputs, names, strict=True):
            self.held.assign(name)
            self._make(name, number)
        self.lines += laid_out(f"{', '.join(names)} = ", value.expression, level=self.level)

    def _inline(self, numbers: tuple[int, ...]) -> None:
        """Notes that pending expressions have become part of another."""
        self.pending = [number for number in self.pending if number not in numbers]

    def _needed_after(self, number: int) -> set[str]:
        """Variables that are still read once the value `number` has been computed."""
        made = self.made_at[number]
        return {
            word
            for other, value in self.values.items()
            if other != number and self.last_use[other] > made
            for word in value.words
        }


def free_names(taken: set[str]) -> Iterator[str]:
    names = chain(SPARE_NAMES, (f"y{number}" for number in count(1)))
    return (name for name in names if name not in taken)


def input_names(module: Module) -> tuple[str, ...]:
    """`x`, or the names under which the author passes several values."""
    if module.gathers:
        return ("*features",)
    if len(module.inputs) == 1:
        return ("x",)
    given = {
        value.id: name for name, value in module.scope.arguments.items() if isinstance(value, Node)
    }
    labels = {node.id: node.label for node in module.scope.nodes() if not node.inputs}
    return tuple(
        allowed(given.get(number) or labels.get(number) or f"x{i}")
        for i, number in enumerate(module.inputs, 1)
    )
