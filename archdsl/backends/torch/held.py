"""What the variables of a `forward` hold at each statement: every read is checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

Read = tuple[str, int]  # a variable, and the value for which it is read


class WrongOrder(Exception):  # noqa: N818
    """A statement would read a variable that no longer holds the value: a fault of the compiler."""


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
        """What the variable holds already is this value, too."""
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
