"""The formulas inside a formula, and the part that its parameters have in it."""

from __future__ import annotations

from collections.abc import Iterator

from archdsl.backends.torch.expressions import Symbol
from archdsl.ops.formulas import OPAQUE, Apply, Fixed, Formula

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
