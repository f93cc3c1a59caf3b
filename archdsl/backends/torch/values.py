"""The values that a `forward` has at hand, and which names of variables are free beside them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, count
from typing import Any

from archdsl.backends.torch.held import Read
from archdsl.backends.torch.layout import Expr

SPARE_NAMES = ("x", "y", "z", "u", "v", "w")
NUMBERED = re.compile(r"y([1-9][0-9]*)")  # the names after those


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

    @cached_property
    def words(self) -> set[str]:
        return set(re.findall(r"(?<![.\w])[A-Za-z_]\w*", self.expression.flat()))


@dataclass(frozen=True)
class Taken:
    """The names that cannot be assigned: those which values read, and some `others`.

    `ending` counts the reads by values that are not needed any more; all names `y1`, `y2`, … below
    `lowest` are read.
    """

    reads: Mapping[Any, int]
    ending: Mapping[Any, int]
    lowest: int
    others: Container[str] = ()

    def __contains__(self, name: object) -> bool:
        return self.reads.get(name, 0) > self.ending.get(name, 0) or name in self.others

    def with_others(self, others: Container[str]) -> Taken:
        return replace(self, others=others)

    def free_names(self) -> Iterator[str]:
        """The names that can be assigned, shortest first."""
        ends = sorted(n for n in map(_number, self.ending) if n is not None and n < self.lowest)
        numbers = chain(ends, count(self.lowest))
        names = chain(SPARE_NAMES, (f"y{number}" for number in numbers))
        return (name for name in names if name not in self)


@dataclass
class Values(MutableMapping[int, Value]):
    """Values by their numbers. Counts how many read each variable: free names are found at once."""

    _values: dict[int, Value] = field(default_factory=dict)
    _reads: Counter[str] = field(default_factory=Counter)
    _lowest: int = 1

    def __getitem__(self, number: int) -> Value:
        return self._values[number]

    def __setitem__(self, number: int, value: Value) -> None:
        if number in self._values:
            self._release(self._values[number])
        self._values[number] = value
        self._reads.update(value.words)

    def __delitem__(self, number: int) -> None:
        self._release(self._values.pop(number))

    def __iter__(self) -> Iterator[int]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def taken(self, ending: Collection[int] = ()) -> Taken:
        """The names that values other than some read."""
        while self._reads[f"y{self._lowest}"] > 0:
            self._lowest += 1
        return Taken(self._reads, Counter(self._words(ending)), self._lowest)

    def _words(self, numbers: Iterable[int]) -> Iterator[str]:
        return (word for n in numbers if n in self._values for word in self._values[n].words)

    def _release(self, value: Value) -> None:
        self._reads.subtract(value.words)
        for word in value.words:
            if self._reads[word] == 0:
                del self._reads[word]
                self._lowest = min(self._lowest, _number(word) or self._lowest)


def _number(name: str) -> int | None:
    """The number of `y12`; None for other names."""
    match = NUMBERED.fullmatch(name)
    return int(match[1]) if match else None
