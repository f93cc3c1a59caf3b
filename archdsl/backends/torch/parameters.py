"""Parameters of generated constructors, and the solver that finds those of engines' classes.

Each number of a class is a column with one entry an instance. A constant column is written as a
number. One that equals an argument of the author's block, or the channels that flow in, gets that
name; one that is a multiple or a part of it gets `4 * width`; any other becomes a parameter of its
own. What is written is equal for every instance by construction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from archdsl.backends.torch.construct import literal
from archdsl.ops.formulas import Maker, plain
from archdsl.ops.torch_form import Code
from archdsl.reserved import free_name

MISSING = object()  # this instance has no such part
LARGEST_FACTOR = 64


@dataclass(frozen=True)
class Parameter:
    """A parameter of a generated constructor."""

    name: str
    type: str
    default: Any = MISSING

    @property
    def declared(self) -> str:
        declared = f"{self.name}: {self.type}"
        if self.default is MISSING:
            return declared
        return f"{declared} = {literal(self.default)}"


@dataclass
class Source:
    """A column that the author has a name for."""

    name: str
    column: list[Any]
    default: Any = MISSING
    flows: bool = False  # the width of what flows in


@dataclass
class Solver:
    """The expressions of columns, and the sources that they use."""

    sources: list[Source]
    used: dict[str, Source] = field(default_factory=dict)

    def expression(self, hint: str, column: Sequence[Any], flows: bool) -> str:
        """Write a column; `flows` if it is the number of channels of the input."""
        present = [value for value in column if value is not MISSING]
        if all(same(value, present[0]) for value in present):
            return literal(present[0])
        sources = sorted(self.sources, key=lambda source: source.flows != flows)
        for source in [*sources, *self.used.values()]:
            if self._explains(source, column):
                self.used.setdefault(source.name, source)
                return source.name
        for source in sources:
            scaled = _scaled(column, source)
            if scaled:
                self.used.setdefault(source.name, source)
                return scaled
        return self.fresh(hint, column)

    def _explains(self, source: Source, column: Sequence[Any]) -> bool:
        """Whether a column is a source's; whole numbers become floats if nothing else uses them."""
        pairs = [(c, s) for c, s in zip(column, source.column, strict=True) if c is not MISSING]
        if not all(same(c, s) for c, s in pairs):
            return False
        known = any(isinstance(s, float) for s in source.column)
        if not any(isinstance(c, float) for c, _ in pairs):
            return not known
        if source.name in self.used and not known:
            return False
        source.column = [_as_float(value) for value in source.column]
        source.default = _as_float(source.default)
        return True

    def fresh(self, hint: str, column: Sequence[Any], default: Any = MISSING) -> str:
        """A parameter for a column that nothing else explains."""
        name = free_name(hint, {s.name for s in self.sources} | set(self.used))
        present = [value for value in column if value is not MISSING]
        filled = [present[0] if value is MISSING else value for value in column]
        self.used[name] = Source(name, filled, default)
        return name

    def parameters(self) -> list[tuple[Parameter, list[Any]]]:
        """The constructor's parameters with their columns, those with defaults last."""
        order = {source.name: i for i, source in enumerate(self.sources)}
        found = sorted(self.used.values(), key=lambda s: order.get(s.name, len(order)))
        made = [(Parameter(s.name, annotation(s.column), _default(s)), s.column) for s in found]
        return sorted(made, key=lambda pair: pair[0].default is not MISSING)


def same(a: Any, b: Any) -> bool:
    """Equality that tells true from 1."""
    return bool(a == b) and isinstance(a, bool) == isinstance(b, bool)


def _as_float(value: Any) -> Any:
    """A whole number as a float, which TorchScript does not make of it."""
    return float(value) if type(value) is int else value


def plain_argument(value: Any) -> Any:
    """An argument of the language in the form in which PyTorch takes it; None where it has none."""
    if isinstance(value, tuple):  # a size, or the numbers that an op computes for each side
        return value[0] if len(set(value)) == 1 else tuple(value)
    return value if isinstance(value, (bool, int, float, Maker)) else None


def _default(source: Source) -> Any:
    """The author's default, where some instance has it."""
    known = any(same(value, source.default) for value in source.column)
    return source.default if source.default is not MISSING and known else MISSING


def _scaled(column: Sequence[Any], source: Source) -> str | None:
    """`4 * width` or `width // 4` where that holds for every instance."""
    pairs = [(c, s) for c, s in zip(column, source.column, strict=True) if c is not MISSING]
    if not all(type(c) is int and type(s) is int for c, s in pairs):
        return None
    if all(a == b // 2 for a, b in pairs):  # the padding of an odd kernel
        return f"{source.name} // 2"
    if not all(c > 0 and s > 0 for c, s in pairs):
        return None
    c, s = pairs[0]
    if c % s == 0 and c // s <= LARGEST_FACTOR and all(a == c // s * b for a, b in pairs):
        return f"{c // s} * {source.name}"
    if s % c == 0 and s // c <= LARGEST_FACTOR and all(b == s // c * a for a, b in pairs):
        return f"{source.name} // {s // c}"
    return None


def annotation(column: Sequence[Any]) -> str:
    names = []
    for value in column:
        name = "tuple[int, ...]" if isinstance(value, tuple) else type(plain(value)).__name__
        name = "None" if value is None else name
        name = value.annotation if isinstance(value, Code) else name
        name = "Callable[[], nn.Module]" if isinstance(value, Maker) else name
        if name not in names:
            names.append(name)
    if "float" in names and "int" in names:
        names.remove("int")  # for a type checker every int is a float
    return " | ".join(sorted(names))
