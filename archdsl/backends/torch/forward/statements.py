"""The statements of a `forward`, where values are numbers: each with what it reads and makes.

A leaf of an expression is the value that it reads; `variables` gives values names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from archdsl.backends.torch.forward.order import Draw
from archdsl.backends.torch.layout import Expr


@dataclass(frozen=True)
class Computed:
    """An expression with the values whose variables it reads, and those that it overwrites."""

    expression: Expr
    reads: tuple[int, ...] = ()
    overwrites: tuple[int, ...] = ()


@dataclass(frozen=True)
class Assign:
    """`x = …`, or `x, y = …`; only in training if it is `aside`, and None otherwise."""

    targets: tuple[int, ...]
    value: Computed
    aside: bool = False

    @property
    def reads(self) -> Sequence[int]:
        return self.value.reads

    @property
    def makes(self) -> Sequence[int]:
        return self.targets


@dataclass(frozen=True)
class AddInPlace:
    """`x += …`, where the result takes the variable of the first operand."""

    first: int
    value: Computed
    result: int

    @property
    def reads(self) -> Sequence[int]:
        return (self.first, *self.value.reads)

    @property
    def makes(self) -> Sequence[int]:
        return (self.result,)


@dataclass(frozen=True)
class BeginPath:
    """`y = x`, unless one variable can hold both, and `if self.path.kept(x):`."""

    total: int
    other: int
    coin: str

    @property
    def reads(self) -> Sequence[int]:
        return (self.other,)

    @property
    def makes(self) -> Sequence[int]:
        return (self.total,)


@dataclass(frozen=True)
class EndPath:
    """`y = y + …`, the last statement under the condition.

    It reads the other operand, too: until here the sum may share the variable of that.
    """

    total: int
    other: int
    value: Computed
    makes: Sequence[int] = ()

    @property
    def reads(self) -> Sequence[int]:
        return (self.total, self.other, *self.value.reads)


@dataclass(frozen=True)
class DrawMask:
    """`kept = self.join.draw(x)`: some variable shows the join what is recorded."""

    draw: Draw
    shown: int
    makes: Sequence[int] = ()

    @property
    def reads(self) -> Sequence[int]:
        return (self.shown,)


@dataclass(frozen=True)
class SetNone:
    """`x = y = None`: variables of values that only conditions make."""

    numbers: tuple[int, ...]
    reads: Sequence[int] = ()
    makes: Sequence[int] = ()


@dataclass(frozen=True)
class BeginRun:
    """`if kept[0]:`."""

    condition: Expr
    reads: Sequence[int] = ()
    makes: Sequence[int] = ()


@dataclass(frozen=True)
class EndRun:
    """The end of it, where values that are None unless made go into the variables for them."""

    made: tuple[int, ...]

    @property
    def reads(self) -> Sequence[int]:
        return self.made

    @property
    def makes(self) -> Sequence[int]:
        return self.made


@dataclass(frozen=True)
class Return:
    """`return …`; in training with the values aside, where there are any."""

    results: tuple[Computed, ...]
    aside: tuple[int, ...]
    makes: Sequence[int] = ()

    @property
    def reads(self) -> Sequence[int]:
        return (*chain.from_iterable(result.reads for result in self.results), *self.aside)


Begin = BeginPath | BeginRun
End = EndPath | EndRun
Statement = Assign | AddInPlace | DrawMask | SetNone | Begin | End | Return
