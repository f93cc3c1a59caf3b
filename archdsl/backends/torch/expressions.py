"""Formulas simplified, compared, and written as Python expressions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from archdsl.ops.formulas import (
    OPAQUE,
    Apply,
    Extent,
    Fixed,
    Formula,
    Parameter,
    apply,
    symbols_of,
)

Symbol = Parameter | Extent
Polynomial = dict[tuple[Formula, ...], int]  # the factors of each term, and its coefficient

ATOM, POWER, PRODUCT, SUM, COMPARISON, NOT, AND, OR, CONDITIONAL = range(9)  # tightest first
LEVELS = {
    "**": POWER,
    **dict.fromkeys(("*", "/", "//", "%"), PRODUCT),
    **dict.fromkeys(("+", "-"), SUM),
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), COMPARISON),
    "and": AND,
    "or": OR,
}
SHORTEST_LET = 10  # letters of an expression that is written out instead of a local variable
NAMES = {name: f"math.{name}" for name in ("floor", "ceil", "log", "exp", "sqrt")}


def rewritten(formula: Formula, replace: Callable[[Symbol], Formula]) -> Formula:
    """A formula with its symbols replaced, simplified."""
    if isinstance(formula, (Parameter, Extent)):
        return replace(formula)
    if isinstance(formula, Apply):
        operands = tuple(rewritten(operand, replace) for operand in formula.operands)
        replaced = isinstance(operands[-1], Fixed) and operands[-1] != formula.operands[-1]
        if formula.function == "*" and replaced and isinstance(operands[0], (Parameter, Extent)):
            operands = operands[::-1]  # a number in the place of a symbol comes first
        return simplified(formula.function, operands, formula.value)
    return formula


def simplified(function: str, operands: tuple[Formula, ...], value: Any) -> Formula:
    """`apply` without what changes nothing: `+ 0`, `* 1`, conditions that are fixed."""
    first = operands[0]
    if function == "if" and isinstance(first, Fixed):
        return operands[1 if first.value else 2]
    if function in ("and", "or"):
        decides = function == "or"
        for fixed, other in ((first, operands[1]), (operands[1], first)):
            if isinstance(fixed, Fixed):
                return fixed if fixed.value == decides else other
    if function == "let" and isinstance(first, (Fixed, Parameter)):
        return first
    if function in NEUTRAL and type(value) is int:
        left, right = operands
        if isinstance(right, Fixed) and right.value == NEUTRAL[function]:
            return left
        if isinstance(left, Fixed) and left.value == NEUTRAL[function] and function in "+*":
            return right
        if function == "*" and any(isinstance(o, Fixed) and o.value == 0 for o in operands):
            return Fixed(0)
    return apply(function, operands, value)


def unsided(formula: Formula, square: Collection[Symbol]) -> Formula:
    """A formula whose square sizes are numbers: one notation for `3x3` and `3`."""
    if not isinstance(formula, Apply):
        return formula
    operands = tuple(unsided(operand, square) for operand in formula.operands)
    if formula.function == "index" and operands[0] in square:
        return operands[0]
    if formula.function == "tuple" and len(set(operands)) == 1:
        return operands[0]
    return simplified(formula.function, operands, formula.value)


NEUTRAL = {"+": 0, "-": 0, "*": 1, "//": 1, "**": 1}


def equivalent(first: Formula, second: Formula) -> bool:
    """Whether two formulas have one value for all values of their parameters."""
    if isinstance(first, Fixed) and isinstance(second, Fixed):
        same = bool(first.value == second.value)
        return same and isinstance(first.value, bool) == isinstance(second.value, bool)
    return first == second or polynomial(first) == polynomial(second)


def is_opaque(formula: Formula) -> bool:
    """Whether no Python expression has the value of a formula."""
    if isinstance(formula, Apply):
        return formula.function == OPAQUE or any(map(is_opaque, formula.operands))
    return False


OPPOSITES = {"==": "!=", "<": ">=", "<=": ">"}
OPPOSITES |= {opposite: sign for sign, opposite in OPPOSITES.items()}


def negated(formula: Formula) -> Formula:
    """The condition that holds where another does not."""
    if isinstance(formula, Apply):
        value, operands = not formula.value, formula.operands
        if formula.function in OPPOSITES:
            return apply(OPPOSITES[formula.function], operands, value)
        if formula.function == "not":
            return operands[0]
        if formula.function in ("and", "or"):
            other = "or" if formula.function == "and" else "and"
            return apply(other, tuple(map(negated, operands)), value)
    return apply("not", (formula,), not formula.value)


# ------------------------------------------------------------------ sums


def polynomial(formula: Formula) -> Polynomial:
    """A formula as a sum of products of what is neither."""
    if isinstance(formula, Fixed):
        whole = type(formula.value) is int
        return ({(): formula.value} if formula.value else {}) if whole else {(formula,): 1}
    if isinstance(formula, Apply) and type(formula.value) is int:
        if formula.function == "let":
            return polynomial(formula.operands[0])
        if formula.function in ("+", "-"):
            left, right = map(polynomial, formula.operands)
            return _sum(left, right, 1 if formula.function == "+" else -1)
        if formula.function == "*":
            left, right = map(polynomial, formula.operands)
            return _product(left, right)
    return {(formula,): 1}


def _sum(left: Polynomial, right: Polynomial, sign: int) -> Polynomial:
    terms = dict(left)
    for factors, coefficient in right.items():
        terms[factors] = terms.get(factors, 0) + sign * coefficient
    return {factors: coefficient for factors, coefficient in terms.items() if coefficient}


def _product(left: Polynomial, right: Polynomial) -> Polynomial:
    terms: Polynomial = {}
    for factors, coefficient in left.items():
        for others, other in right.items():
            key = tuple(sorted((*factors, *others), key=repr))
            terms[key] = terms.get(key, 0) + coefficient * other
    return {factors: coefficient for factors, coefficient in terms.items() if coefficient}


def collected(formula: Formula) -> Formula:
    """A sum whose equal terms are taken together: `c + g + g` becomes `c + 2 * g`."""
    if not isinstance(formula, Apply) or formula.function not in ("+", "-"):
        return formula
    leaves = list(_leaves(formula))
    terms = polynomial(formula)
    if len(terms) >= len(leaves) or any(coefficient < 0 for coefficient in terms.values()):
        return formula
    return _written_out(terms)


def _written_out(terms: Polynomial) -> Formula:
    """A sum of products as a formula, a number last."""
    total: Formula = Fixed(0)
    for factors, coefficient in sorted(terms.items(), key=lambda term: not term[0]):
        product: Formula = Fixed(1)
        for factor in (Fixed(coefficient), *factors):
            value = product.value * factor.value
            product = simplified("*", (product, factor), value)
        total = simplified("+", (total, product), total.value + product.value)
    return total


def difference(first: Formula, second: Formula) -> Formula:
    """One formula less another, as short as it can be."""
    value = first.value - second.value
    terms = _sum(polynomial(first), polynomial(second), -1)
    if any(coefficient < 0 for coefficient in terms.values()):
        return simplified("-", (first, second), value)
    return _written_out(terms)


def _leaves(formula: Formula) -> Iterable[Formula]:
    if isinstance(formula, Apply) and formula.function in ("+", "-"):
        for operand in formula.operands:
            yield from _leaves(operand)
    else:
        yield formula


# ------------------------------------------------------------------ writing


@dataclass
class Writer:
    """Formulas as text; `names` are those of parameters, `lets` the local variables so far.

    `indexed` are the parameters from which a single item is read.
    """

    names: dict[Symbol, str] = field(default_factory=dict)
    square: set[Symbol] = field(default_factory=set)  # sizes that are one number
    lets: dict[str, str] = field(default_factory=dict)
    indexed: set[Symbol] = field(default_factory=set)

    def text(self, formula: Formula, level: int = CONDITIONAL) -> str:
        """A formula as an operand of something that binds as tightly as `level`."""
        written, own = self._written(formula)
        return f"({written})" if own > level else written

    def _written(self, formula: Formula) -> tuple[str, int]:
        if isinstance(formula, Fixed):
            negative = isinstance(formula.value, (int, float)) and formula.value < 0
            return _number(formula.value), PRODUCT if negative else ATOM
        if isinstance(formula, (Parameter, Extent)):
            return self.names[formula], ATOM
        function, operands = formula.function, formula.operands
        if function in LEVELS:
            own = LEVELS[function]
            if function in ("+", "-"):
                tidy = collected(formula)
                if tidy is not formula:
                    return self._written(tidy)
            tighter = own - 1  # operators of one level are read from the left
            left = self.text(operands[0], tighter if own in (POWER, COMPARISON) else own)
            return f"{left} {function} {self.text(operands[1], tighter)}", own
        if function == "not":
            return f"not {self.text(operands[0], NOT)}", NOT
        if function == "neg":
            return f"-{self.text(operands[0], POWER)}", PRODUCT
        if function == "if":
            condition, then, otherwise = operands
            chosen = f"{self.text(then, OR)} if {self.text(condition, OR)}"
            return f"{chosen} else {self.text(otherwise)}", CONDITIONAL
        if function == "tuple":
            return self._tuple(operands), ATOM
        if function == "index":
            return self._index(operands), ATOM
        if function == "let":
            return self._let(operands)
        arguments = ", ".join(map(self.text, operands))
        return f"{NAMES.get(function, function)}({arguments})", ATOM

    def _tuple(self, operands: tuple[Formula, ...]) -> str:
        texts = [self.text(operand) for operand in operands]
        if len(set(texts)) == 1 and len(texts) == 2:
            return texts[0]
        return f"({', '.join(texts)})"

    def _index(self, operands: tuple[Formula, ...]) -> str:
        around, place = operands
        if isinstance(around, Parameter) and around in self.square:
            return self.names[around]
        self.indexed.update(symbols_of(around))
        return f"{self.text(around, ATOM)}[{self.text(place)}]"

    def _let(self, operands: tuple[Formula, ...]) -> tuple[str, int]:
        inner, level = self._written(operands[0])
        if len(inner) <= SHORTEST_LET or inner.isidentifier():
            return inner, level
        wanted = str(operands[1].value)
        name, number = wanted, 2
        while self.lets.get(name, inner) != inner or name in self.names.values():
            name, number = f"{wanted}{number}", number + 1
        self.lets[name] = inner
        return name, ATOM


def _number(value: Any) -> str:
    return repr(float(value)) if isinstance(value, float) else str(value)
