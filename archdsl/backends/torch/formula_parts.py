"""The formulas inside a formula, and the part that its parameters have in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archdsl.backends.torch.expressions import Symbol, collected
from archdsl.ops.formulas import OPAQUE, Apply, Fixed, Formula, apply

LONGEST_WIDTH = 5  # names, numbers and operators of one that is written out
CONDITIONS = frozenset(["==", "!=", "<", "<=", ">", ">=", "and", "or", "not"])


def parts_of(formula: Formula) -> Iterator[Formula]:
    """Yield a formula and all inside it."""
    yield formula
    if isinstance(formula, Apply):
        for operand in formula.operands:
            yield from parts_of(operand)


def is_side(formula: Formula) -> bool:
    """Whether a formula is one side of a size."""
    return isinstance(formula, Apply) and formula.function == "index"


def cannot_be_written(formula: Formula) -> bool:
    """Whether a formula is itself what cannot be written."""
    return isinstance(formula, Apply) and formula.function == OPAQUE


def roles_of(formula: Formula, chooses: bool = False) -> Iterator[tuple[Symbol, bool]]:
    """The symbols in a formula, each with whether it is part of a condition there."""
    if isinstance(formula, Apply):
        for number, operand in enumerate(formula.operands):
            condition = formula.function in CONDITIONS or (formula.function == "if" and number == 0)
            yield from roles_of(operand, chooses or condition)
    elif not isinstance(formula, Fixed):
        yield formula, chooses


def named_width(width: Formula) -> Formula:
    """A long formula of a width as a local variable of the constructor."""
    short = collected(width)
    if short.size <= LONGEST_WIDTH or (isinstance(short, Apply) and short.function == "let"):
        return short
    return apply("let", (short, Fixed("channels")), short.value)


def spread(formula: Formula | tuple[Formula, ...], value: Any) -> tuple[Formula, ...]:
    """The formula of each item of an attribute: `3` is `3x3`, and `3x1` is `[3, 3, 1, 1]`."""
    count = len(value) if isinstance(value, tuple) else 1
    if not isinstance(formula, tuple):
        return (formula,) * count
    return tuple(each for each in formula for _ in range(count // len(formula)))
