"""Frozen records that are cheap to define: defining classes is a large part of a start.

`dataclass(frozen=True)` compiles eight methods for each class. A record compiles its `__init__`
and shares the others. mypy reports assignments to its fields; nothing checks them at run time.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[T]) -> type[T]:
    """Make a dataclass whose instances are compared by their fields and never change."""
    made = dataclass(slots=True, eq=False, repr=False)(cls)
    for name, method in SHARED.items():
        if name not in cls.__dict__:
            setattr(made, name, method)
    return made


@cache
def _compared(cls: Any) -> tuple[str, ...]:
    return tuple(f.name for f in fields(cls) if f.compare)


def _values(own: Any) -> tuple[Any, ...]:
    return tuple([getattr(own, name) for name in _compared(own.__class__)])


def equal(own: Any, other: Any) -> Any:
    """Whether another dataclass is of the same class and has equal fields."""
    if own.__class__ is not other.__class__:
        return NotImplemented
    return _values(own) == _values(other)


def hash_of(own: Any) -> int:
    """The hash of the class and the fields."""
    return hash((own.__class__, _values(own)))


def text_of(own: Any) -> str:
    """The class and the fields, as Python writes dataclasses."""
    shown = ", ".join(f"{f.name}={getattr(own, f.name)!r}" for f in fields(own) if f.repr)
    return f"{own.__class__.__qualname__}({shown})"


SHARED = {"__eq__": equal, "__hash__": hash_of, "__repr__": text_of}
