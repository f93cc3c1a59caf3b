"""Numbers that remember their expression in the parameters of a block or network.

Elaboration computes with plain values, and the graph holds plain values. Next to each of them is
the formula by which the author wrote it, so that generated constructors can print it. A traced
number is an `int` or `float` with a formula: arithmetic on it gives a traced number again.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import Any

from archdsl.records import record

LARGEST_FORMULA = 400  # names and numbers in it; a larger one is not printed


@record
class Fixed:
    """A value that depends on no parameter."""

    value: Any

    size = 1


@record
class Parameter:
    """A parameter; `owner` is the key of the scope that has it, `value` what this call gives it."""

    name: str
    owner: object
    value: Any = field(compare=False)

    size = 1


@record
class Extent:
    """The length of an axis of a value that flows through the network (`in.channels`)."""

    node: Any  # the node of the graph that makes the value
    axis: int
    value: int = field(compare=False)

    size = 1


@record
class Apply:
    """An operator or function of formulas.

    `if` has the condition, the value if it holds, and the other one. A function of `OPAQUE` cannot
    be written as an expression, but depends on its operands.
    """

    function: str
    operands: tuple[Formula, ...]
    value: Any = field(compare=False)
    size: int = field(compare=False)


Formula = Fixed | Parameter | Extent | Apply
Formulas = Mapping[str, "Formula | tuple[Formula, ...]"]  # of an op's attributes, by name
OPAQUE = "opaque"


def apply(function: str, operands: tuple[Formula, ...], value: Any) -> Formula:
    """A function of formulas with its value; a fixed value where all operands are fixed."""
    if all(isinstance(operand, Fixed) for operand in operands):
        return Fixed(value)
    total = 1 + sum(operand.size for operand in operands)
    if total > LARGEST_FORMULA:
        symbols = dict.fromkeys(symbol for each in operands for symbol in symbols_of(each))
        return Apply(OPAQUE, tuple(symbols), value, 1 + len(symbols))
    return Apply(function, operands, value, total)


def symbols_of(formula: Formula) -> Iterator[Parameter | Extent]:
    """The parameters and extents that a formula depends on."""
    stack: list[Formula] = [formula]
    while stack:
        current = stack.pop()
        if isinstance(current, (Parameter, Extent)):
            yield current
        elif isinstance(current, Apply):
            stack += current.operands


# ------------------------------------------------------------------ traced numbers


class TracedInt(int):
    """A whole number with its formula."""

    formula: Formula


class TracedFloat(float):
    """A real number with its formula."""

    formula: Formula


class TracedFlag(int):
    """A truth value with its formula; made by `flag` alone, since it is no `bool`."""

    formula: Formula

    def __repr__(self) -> str:
        return str(bool(self))

    __str__ = __repr__


def flag(value: bool, formula: Formula) -> bool | TracedFlag:
    """A truth value with a formula, as an argument of generated code."""
    if isinstance(formula, Fixed):
        return value
    found = TracedFlag(value)
    found.formula = formula
    return found


class Maker(str):
    """The Python name of what makes a layer, with its formula: an op that a block is given."""

    formula: Formula


def maker(text: str, formula: Formula | None = None) -> Maker:
    """Make a callable's text with a formula; without one it depends on no parameter."""
    found = Maker(text)
    found.formula = Fixed(found) if formula is None else formula
    return found


TRACED = (TracedInt, TracedFloat, TracedFlag, Maker)
ATOMS = frozenset([int, float, bool, str])  # the types of most values: they have no formula


def traced(value: Any, formula: Formula) -> Any:
    """A number with a formula; any other value, or one that is fixed, as it is."""
    if isinstance(value, TracedFlag):
        return flag(bool(value), formula)
    if isinstance(value, Maker):
        return maker(value, formula)
    if isinstance(formula, Fixed) or isinstance(value, bool):
        return plain(value)
    if isinstance(value, int):
        number: Any = TracedInt(value)
    elif isinstance(value, float):
        number = TracedFloat(value)
    else:
        return value
    number.formula = formula
    return number


def formula_of(value: Any) -> Formula:
    """The formula of a number, or of a tuple of them; any value without one is fixed."""
    if type(value) in ATOMS:
        return Fixed(value)
    if isinstance(value, TRACED):
        return value.formula
    if isinstance(value, tuple) and any(map(is_traced, value)):
        return _whole(apply("tuple", tuple(map(formula_of, value)), plain(value)))
    return Fixed(value)


def _whole(formula: Formula) -> Formula:
    """A parameter whose items a tuple has, all of them in order; else the tuple."""
    sides = formula.operands if isinstance(formula, Apply) else ()
    around = sides[0].operands[0] if isinstance(sides[0], Apply) and sides[0].operands else None
    if not isinstance(around, Parameter) or len(sides) != len(around.value):
        return formula
    places = [apply("index", (around, Fixed(place)), None) for place in range(len(sides))]
    return around if list(sides) == places else formula


def plain(value: Any) -> Any:
    """A value without formulas, at any depth of lists, maps and sizes."""
    if type(value) in ATOMS:
        return value
    if isinstance(value, TracedFlag):
        return bool(value)
    if isinstance(value, TracedInt):
        return int(value)
    if isinstance(value, TracedFloat):
        return float(value)
    if isinstance(value, Maker):
        return maker(value)
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple) and any(map(is_traced, value)):
        return type(value)(map(plain, value))
    return value


def is_traced(value: Any) -> bool:
    """Whether a value, or one in it, depends on a parameter."""
    if type(value) in ATOMS:
        return False
    if isinstance(value, (list, tuple)):
        return any(map(is_traced, value))
    if isinstance(value, dict):
        return any(map(is_traced, value.values()))
    return isinstance(value, TRACED)


def formulas_in(value: Any) -> Iterator[Formula]:
    """The formulas of all traced numbers in a value."""
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from formulas_in(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from formulas_in(item)
    elif isinstance(value, TRACED):
        yield value.formula


def parameter(value: Any, name: str, owner: object) -> Any:
    """A value as a parameter's: a number, and each side of a size, gets its formula."""
    value = plain(value)
    formula = Parameter(name, owner, value)
    if isinstance(value, tuple):
        places = (apply("index", (formula, Fixed(place)), side) for place, side in enumerate(value))
        return type(value)(map(traced, value, places))
    return traced(value, formula)


_INT_RESULTS: Mapping[str, Callable[[Any, Any], Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "truediv": operator.truediv,
    "floordiv": operator.floordiv,
    "mod": operator.mod,
    "pow": operator.pow,
}
SIGNS = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "truediv": "/",
    "floordiv": "//",
    "mod": "%",
    "pow": "**",
}


def _operators(cls: type) -> None:
    """Give a class of traced numbers its arithmetic."""
    for name, function in _INT_RESULTS.items():
        setattr(cls, f"__{name}__", _operator(function, SIGNS[name], swapped=False))
        setattr(cls, f"__r{name}__", _operator(function, SIGNS[name], swapped=True))


def _operator(function: Callable[[Any, Any], Any], sign: str, swapped: bool) -> Any:
    def compute(own: Any, other: Any) -> Any:
        if not isinstance(other, (int, float)):
            return NotImplemented
        left, right = (other, own) if swapped else (own, other)
        value = function(plain(left), plain(right))
        return traced(value, apply(sign, (formula_of(left), formula_of(right)), value))

    return compute


def _negative(own: Any) -> Any:
    value = -plain(own)
    return traced(value, apply("neg", (own.formula,), value))


for _class in (TracedInt, TracedFloat):
    _operators(_class)
    _class.__neg__ = _negative  # type: ignore[method-assign]
