"""The last check of a `forward`: every variable that it reads holds the value that is meant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from archdsl.backends.torch.forward.statements import (
    AddInPlace,
    Assign,
    BeginPath,
    BeginRun,
    Computed,
    DrawMask,
    EndPath,
    EndRun,
    Return,
    SetNone,
)
from archdsl.backends.torch.forward.variables import Named

Read = tuple[str, int]  # a variable, and the value for which it is read


class WrongOrder(Exception):  # noqa: N818
    """A statement would read a variable that no longer holds the value: a fault of the compiler."""


def check(named: Iterable[Named], inputs: Iterable[Read], storage: Sequence[int]) -> None:
    """Raise `WrongOrder` unless every statement reads the values that it means.

    `storage` has for each value the one in whose memory it may lie.
    """
    held = Held(storage)
    for name, number in inputs:
        held.assign(name, number)
    for each in named:
        _run(held, each)


def _run(held: Held, named: Named) -> None:
    """One statement: what it reads and overwrites, then what it assigns."""
    statement, names = named.statement, named.names
    match statement:
        case Assign(targets=targets, value=value):
            held.run(_reads(value, names), value.overwrites)
            for name, number in zip(named.targets, targets, strict=True):
                held.assign(name, number)
        case AddInPlace(first=first, value=value, result=result):
            reads = [(names[first], first), *_reads(value, names)]
            held.run(reads, [*value.overwrites, first])
            held.assign(names[first], result)
        case BeginPath(total=total, other=other):
            (name,) = named.targets
            held.run([(names[other], other)])
            if name != names[other]:
                held.assign(name)
            held.share(name, total)
            held.run([(names[other], other)])
            held.open()
        case EndPath(total=total, value=value):
            held.run([(names[total], total), *_reads(value, names)], value.overwrites)
            held.assign(names[total], total)
            held.close(runs=False)
        case DrawMask(shown=shown):
            held.run([(names[shown], shown)])
        case SetNone(numbers=numbers):
            for name, number in zip(named.targets, numbers, strict=True):
                held.assign(name, number)
        case BeginRun():
            held.open()
        case EndRun(made=made):
            for name, number in zip(named.targets, made, strict=True):
                held.run([(names[number], number)])
                if name != names[number]:
                    held.assign(name, number)
            held.close(runs=True)
        case Return(results=results, aside=aside):
            for each in results:
                held.run(_reads(each, names), each.overwrites)
            held.run([(names[number], number) for number in aside])


def _reads(value: Computed, names: Mapping[int, str]) -> list[Read]:
    return [(names[number], number) for number in value.reads]


@dataclass
class Held:
    """The values that each variable holds, while statements are written one after another.

    `storage` has for each value the one in whose memory it may lie. A value is lost when its
    variable is assigned again, or when its memory is overwritten. After a condition a variable
    holds what it holds whether or not the condition was true. The cost is linear in the statements.
    """

    storage: Sequence[int]
    _values: dict[str, frozenset[int]] = field(default_factory=dict)
    _overwritten: dict[int, int] = field(default_factory=dict)  # how often each memory was
    _made: dict[int, int] = field(default_factory=dict)  # that count when a value was made
    _before: list[dict[str, frozenset[int]]] = field(default_factory=list)  # of open conditions

    def check(self, reads: Iterable[Read]) -> None:
        """Raise `WrongOrder` unless each variable holds the value for which it is read."""
        for name, number in reads:
            if number not in self._values.get(name, ()):
                raise WrongOrder(f"`{name}` does not hold the value {number}")
            if self._made[number] != self._overwritten.get(self._memory(number), 0):
                raise WrongOrder(f"the value {number} in `{name}` has been overwritten")

    def run(self, reads: Collection[Read], overwrites: Collection[int] = ()) -> None:
        """One statement: check what it reads, then lose what it overwrites."""
        self.check(reads)
        memories = Counter(self._memory(number) for _, number in reads)
        for number in overwrites:
            memory = self._memory(number)
            if memories[memory] > 1:
                raise WrongOrder(f"the value {number} is overwritten where it is also read")
            self._overwritten[memory] = self._overwritten.get(memory, 0) + 1

    def assign(self, name: str, *numbers: int) -> None:
        """The variable holds these values, and no others."""
        for changed in self._before[-1:]:
            changed.setdefault(name, self._values.get(name, frozenset()))
        self._values[name] = frozenset(numbers)
        for number in numbers:
            self._made[number] = self._overwritten.get(self._memory(number), 0)

    def share(self, name: str, number: int) -> None:
        """Note that the content of a variable is also this value."""
        held = self._values.get(name, frozenset())
        self.assign(name, number)
        self._values[name] |= held

    def open(self) -> None:
        """A condition begins."""
        self._before.append({})

    def close(self, runs: bool) -> None:
        """A condition ends; `runs`: what it made is read only where it was true."""
        for name, before in self._before.pop().items():
            inside = self._values[name]
            for changed in self._before[-1:]:
                changed.setdefault(name, before)
            self._values[name] = inside if runs else inside & before

    def _memory(self, number: int) -> int:
        return self.storage[number]
