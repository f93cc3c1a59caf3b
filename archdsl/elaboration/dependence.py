"""Formulas of values that functions, maps and lists compute from traced numbers."""

from __future__ import annotations

from typing import Any

from archdsl.elaboration.functions import is_number
from archdsl.ops.formulas import (
    OPAQUE,
    Fixed,
    Formula,
    apply,
    formula_of,
    formulas_in,
    is_traced,
    plain,
    traced,
)
from archdsl.ops.values import Size


def with_formula(name: str, values: list[Any], result: Any) -> Any:
    """The result of a function with the formula that its operands give it."""
    if not any(map(is_traced, values)):
        return result
    if is_number(result) and all(map(is_number, values)):
        return traced(result, apply(name, tuple(map(formula_of, values)), result))
    if name == "range" and len(values) == 1:
        return result  # how many there are is a matter of what repeats over them
    return depending(result, tuple(formulas_in(values)))


def depending(value: Any, formulas: tuple[Formula, ...]) -> Any:
    """A value that follows from formulas, though no expression says how."""
    if not formulas or all(isinstance(formula, Fixed) for formula in formulas):
        return value
    if isinstance(value, list):
        return [depending(item, formulas) for item in value]
    if isinstance(value, Size):
        return Size(depending(side, formulas) for side in value)
    return traced(value, apply(OPAQUE, (*formulas, *formulas_in(value)), plain(value)))
