"""The variables of a `forward`: the name under which each statement reads and assigns values.

A variable is free once no later statement reads what it holds. A value that is read more than once
gets its label, every other the first free name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush

from archdsl.backends.torch.forward.liveness import liveness_of
from archdsl.backends.torch.forward.order import Order
from archdsl.backends.torch.forward.statements import (
    AddInPlace,
    Assign,
    BeginPath,
    BeginRun,
    EndPath,
    EndRun,
    SetNone,
    Statement,
)
from archdsl.backends.torch.outline import Module
from archdsl.ir import Node
from archdsl.reserved import allowed, free_name

SPARE_NAMES = ("x", "y", "z", "u", "v", "w")
NUMBERED = re.compile(r"y([1-9][0-9]*)")  # the names after those


@dataclass(frozen=True)
class Named:
    """A statement with the variables of the values that it reads, and those that it assigns.

    A variable that holds the value already is not assigned.
    """

    statement: Statement
    names: Mapping[int, str]
    targets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Labels:
    """Names by the author: of inputs, of values read more than once, and of results aside."""

    inputs: Mapping[int, str]
    shared: Mapping[int, str]
    aside: Mapping[int, str]

    def likely(self) -> dict[int, str]:
        """The names that values get if nothing else has them."""
        labels = {number: allowed(name) for number, name in {**self.shared, **self.aside}.items()}
        return {**labels, **self.inputs}


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


def labels_of(module: Module, order: Order) -> Labels:
    """The author's names for the values of a class."""
    made = {number: step.part for step in order.steps for number in step.part.outputs}
    return Labels(
        dict(zip(module.inputs, input_names(module), strict=True)),
        {
            n: part.name
            for n, part in made.items()
            if part.labelled
            and part.name.islower()
            and order.uses.get(n, 0) > 1
            and len(part.outputs) == 1
        },
        {number: made[number].name.lower() for number in order.aside},
    )


def variables_of(statements: Sequence[Statement], labels: Labels) -> list[Named]:
    """The statements with the names of their variables, in time linear in what they read."""
    return [*_Namer(statements, labels).named()]


# ------------------------------------------------------------------ which names are free


@dataclass
class Names:
    """The variables in use: how many values each holds that are still read, and reserved ones."""

    held: Counter[str] = field(default_factory=Counter)
    reserved: dict[str, int] = field(default_factory=dict)
    _free: list[int] = field(default_factory=list)  # a heap of numbers below `_next`
    _next: int = 1

    def __contains__(self, name: object) -> bool:
        return name in self.reserved or self.held.get(str(name), 0) > 0

    def take(self, name: str) -> None:
        self.held[name] += 1

    def give_back(self, name: str) -> None:
        self.held[name] -= 1
        numbered = NUMBERED.fullmatch(name)
        if numbered and not self.held[name] and int(numbered[1]) < self._next:
            heappush(self._free, int(numbered[1]))

    def first(self) -> str:
        """The first name that is free, shortest first."""
        for name in SPARE_NAMES:
            if name not in self:
                return name
        while self._free:
            name = f"y{self._free[0]}"
            if name not in self:
                return name
            heappop(self._free)
        while f"y{self._next}" in self:
            self._next += 1
        return f"y{self._next}"


class _Namer:
    """The names of variables, assigned in one pass: the last read of a value frees its name."""

    def __init__(self, statements: Sequence[Statement], labels: Labels) -> None:
        self.statements = statements
        self.labels = labels
        self.liveness = liveness_of(statements)
        self.names = Names()
        self.holder: dict[int, str] = {}
        self.kept_for: dict[int, str] = {}  # the variables of values that are None unless made
        self.runs: list[tuple[int, ...]] = []  # what the open runs make for later

    def named(self) -> Iterator[Named]:
        for number, name in self.labels.inputs.items():
            self._hold(number, name)
            self._end([number], -1)
        for place, statement in enumerate(self.statements):
            names = {number: self.holder[number] for number in statement.reads}
            self._end(names, place)
            yield Named(statement, names, self._targets(statement, names, place))
            self._end(statement.makes, place)

    def _targets(
        self, statement: Statement, names: Mapping[int, str], place: int
    ) -> tuple[str, ...]:
        """The variables that a statement assigns."""
        match statement:
            case Assign(targets=(number,), aside=True):
                return (self._hold(number, free_name(self.labels.aside[number], self.names)),)
            case Assign(targets=targets):
                return tuple(self._hold(number, self._variable(number)) for number in targets)
            case AddInPlace(first=first, result=result):
                return (self._hold(result, names[first]),)
            case BeginPath(total=total, other=other):
                shares = total in self.liveness.sharing
                return (self._hold(total, names[other] if shares else self._free_name(total)),)
            case EndPath(total=total):
                return (names[total],)
            case SetNone(numbers=numbers):
                return tuple(map(self._reserve, numbers))
            case BeginRun():
                self.runs.append(self.liveness.kept[place])
            case EndRun(made=made):
                self.runs.pop()
                return tuple(map(self._keep, made))
        return ()

    # -------------------------------------------------------------- values

    def _hold(self, number: int, name: str) -> str:
        """The variable holds the value from here on."""
        if self.names.reserved.get(name) == number:
            del self.names.reserved[name]
        self.names.take(name.lstrip("*"))
        self.holder[number] = name
        return name

    def _end(self, numbers: Iterable[int], place: int) -> None:
        """Free the variables of those values that no statement behind a place reads."""
        for number in numbers:
            if self.liveness.last_read.get(number, place) == place:
                self.names.give_back(self.holder[number].lstrip("*"))

    def _reserve(self, number: int) -> str:
        name = self.names.first()
        self.names.reserved[name] = number
        self.kept_for[number] = name
        return name

    def _keep(self, number: int) -> str:
        """Move a value into the variable that is reserved for it."""
        self.names.give_back(self.holder[number])
        return self._hold(number, self.kept_for.pop(number))

    # -------------------------------------------------------------- names

    def _variable(self, number: int) -> str:
        """The label of a value that is read more than once; else the first name that is free."""
        label = self.labels.shared.get(number)
        if number in self.kept_for or label is None:
            return self._free_name(number)
        name = allowed(label)
        free = name not in self.names and label not in self.names
        return name if free else self._free_name(number)

    def _free_name(self, number: int) -> str:
        """The variable reserved for a value or for what is made of it; else the first free one."""
        if number in self.kept_for:
            return self.kept_for[number]
        return next(self._heirs(number), None) or self.names.first()

    def _heirs(self, number: int) -> Iterator[str]:
        """Variables reserved for what the open run makes once the value is no longer read."""
        liveness = self.liveness
        for later in self.runs[-1] if self.runs else ():
            name = self.kept_for.get(later, "")
            ends = liveness.ends.get(number, 0) <= liveness.first_made[later]
            ends = ends or liveness.heir.get(number, number) == liveness.heir.get(later, later)
            if self.names.reserved.get(name) == later and ends and not self.names.held[name]:
                yield name
