"""Expressions to values: pure, bounded, without access to anything outside the file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, assert_never

from archdsl.diagnostics import (
    Poisoned,
    Rejected,
    Reported,
    limit_errors,
    name_errors,
)
from archdsl.diagnostics.suggest import listing
from archdsl.elaboration.arguments import describe, match
from archdsl.elaboration.call_values import call
from archdsl.elaboration.comprehensions import comprehension
from archdsl.elaboration.dependence import depending
from archdsl.elaboration.environment import (
    CALLED,
    Environment,
)
from archdsl.elaboration.functions import (
    FUNCTIONS,
    LARGEST,
    ORDER,
    arithmetic,
    equal,
    is_key,
    is_number,
    weight,
)
from archdsl.ops.formulas import (
    OPAQUE,
    Fixed,
    Formula,
    apply,
    formula_of,
    formulas_in,
    plain,
    traced,
)
from archdsl.ops.values import Kind, Size, Symbol, is_int
from archdsl.syntax import ast

CONDITIONS = ("and", "or", "==", "!=", *ORDER)


class Evaluator:
    """An evaluator of expressions in an environment.

    `flow` answers `in.channels`, `reference` the value of `@label`, `fact` a name or attribute
    that the environment does not have; each may raise `Rejected`.
    """

    def __init__(
        self,
        environment: Environment,
        flow: Callable[[ast.Flow], Any] | None = None,
        reference: Callable[[ast.Reference], Any] | None = None,
        fact: Callable[[ast.Expr], Any] | None = None,
    ) -> None:
        self.environment = environment
        self._flow = flow or self._no_value_here
        self._reference = reference or self._no_value_here
        self._fact = fact

    def value(self, expression: ast.Expr) -> Any:
        """The value of an expression; `Rejected` without one, `Poisoned` when it is unknown."""
        match expression:
            case ast.Literal():
                return expression.value
            case ast.Name():
                return self._name(expression)
            case ast.SizeLiteral():
                return Size(expression.dims)
            case ast.Binary():
                return self._binary(expression)
            case ast.Call():
                return call(self, expression)
            case ast.Conditional():
                return self._conditional(expression)
            case ast.Index():
                return self._index(expression)
            case ast.List():
                return self._list(expression)
            case ast.Comprehension():
                return comprehension(self, expression)
            case ast.Map():
                return self._map(expression)
            case ast.Unary():
                return self._unary(expression)
            case ast.Attribute():
                return self._attribute(expression)
            case ast.Flow():
                return self._flow(expression)
            case ast.Reference():
                return self._reference(expression)
            case _:
                assert_never(expression)

    def callee(self, expression: ast.Expr) -> Any:
        """The value of an expression that is called: a number hides no op of its name."""
        value = self.value(expression)
        if isinstance(expression, ast.Name) and not isinstance(value, CALLED):
            return self.environment.callee(expression.id)
        return value

    def argument(self, expression: ast.Expr, kind: Kind) -> Any:
        """The value of an op's argument, which may be a bare word or call that it knows."""
        if isinstance(expression, ast.Name) and expression.id in kind.symbols:
            return Symbol(expression.id)
        if (
            isinstance(expression, ast.Call)
            and isinstance(expression.callee, ast.Name)
            and expression.callee.id in kind.functions
        ):
            numbers = [self.value(a.value) for a in expression.arguments if a.name is None]
            if len(numbers) == len(expression.arguments) == 1 and is_number(numbers[0]):
                return kind.functions[expression.callee.id](numbers[0])
            advice = f"write `{expression.callee.id}(0.01)`"
            self.fail(expression, f"`{expression.callee.id}` takes one number", advice)
        if isinstance(expression, ast.Name) and expression.id not in self.environment:
            words = [*kind.symbols, *self.environment.known()]
            raise Rejected(name_errors.unknown_name(expression.id, words).at(expression.span))
        return self.value(expression)

    def arguments(
        self, callee: str, names: list[str], given: tuple[ast.Argument, ...], taken: Any
    ) -> dict[str, Any]:
        """The values of a block's or network's arguments, by parameter."""
        matched = match(callee, names, given, taken)
        return {name: self.value(argument.value) for name, argument in matched.items()}

    # -------------------------------------------------------------- atoms

    def _name(self, expression: ast.Name) -> Any:
        try:
            value = self.environment.get(expression.id, outside=not self._fact)
        except KeyError:
            if self._fact:
                return self._fact(expression)
            known = (*self.environment.known(), *FUNCTIONS)
            problem = name_errors.unknown_name(expression.id, known)
            raise Rejected(problem.at(expression.span)) from None
        if isinstance(value, Reported):
            raise Poisoned(value)
        return value

    def _no_value_here(self, expression: ast.Expr) -> Any:
        advice = "values flow in blocks and networks only"
        self.fail(expression, f"`{expression.span.text}` has no meaning here", advice)

    def _list(self, expression: ast.List) -> list[Any]:
        found = [self.value(item) for item in expression.items]
        self.bounded(expression, found)
        return found

    def inside(self, environment: Environment) -> Evaluator:
        """An evaluator that knows the same facts, with other names."""
        return Evaluator(environment, self._flow, self._reference, self._fact)

    def _map(self, expression: ast.Map) -> dict[Any, Any]:
        found = {}
        for key, value in expression.pairs:
            name = self.value(key)
            if not is_key(name):
                what = f"{describe(name)} cannot be a key"
                self.fail(key, what, "keys are numbers, sizes or strings")
            found[name] = self.value(value)
        self.bounded(expression, found)
        return found

    # -------------------------------------------------------------- operators

    def _unary(self, expression: ast.Unary) -> Any:
        operand = self.value(expression.operand)
        if expression.operator == "not":
            return not self._truth(expression.operand, operand)
        if not is_number(operand):
            self.fail(expression, f"{describe(operand)} has no negative", "it needs a number")
        return -operand

    def _binary(self, expression: ast.Binary) -> Any:
        sign = expression.operator
        left = self.value(expression.left)
        if sign in ("and", "or"):
            if self._truth(expression.left, left) == (sign == "or"):
                return left
            return self._truth(expression.right, self.value(expression.right))
        right = self.value(expression.right)
        if sign in ("==", "!="):
            return equal(left, right) == (sign == "==")
        try:
            if sign in ORDER:
                if is_number(left) and is_number(right):
                    return ORDER[sign](left, right)
                raise TypeError
            return self.bounded(expression, arithmetic(sign, left, right))
        except TypeError:
            what = f"{describe(left)} {sign} {describe(right)} has no meaning"
            self.fail(expression, what, "both sides must be numbers")
        except ZeroDivisionError:
            self.fail(expression, "this divides by zero", "check the number below the line")
        except OverflowError:
            raise Rejected(limit_errors.number_too_large("this").at(expression.span)) from None

    def _conditional(self, expression: ast.Conditional) -> Any:
        condition = self._truth(expression.condition, self.value(expression.condition))
        value = self.value(expression.then if condition else expression.otherwise)
        chosen = self.formula(expression.condition, condition)
        if isinstance(chosen, Fixed):
            return value
        try:
            choices = self.value(expression.then), self.value(expression.otherwise)
        except (Rejected, Poisoned):
            return depending(value, (chosen,))
        if not all(map(is_number, choices)):
            return depending(value, (chosen,))
        operands = (chosen, *map(formula_of, choices))
        return traced(value, apply("if", operands, plain(value)))

    def formula(self, expression: ast.Expr, value: Any = None) -> Formula:
        """The formula of an expression that has been evaluated; conditions have one, too.

        `value` is what it evaluated to, if that is at hand.
        """
        if value is None:
            value = self.value(expression)
        if isinstance(expression, ast.Name):
            return self.environment.formula(expression.id) or formula_of(value)
        if isinstance(expression, ast.Unary) and expression.operator == "not":
            return apply("not", (self.formula(expression.operand, not value),), value)
        if not isinstance(expression, ast.Binary) or expression.operator not in CONDITIONS:
            return formula_of(value)
        left = self.formula(expression.left)
        try:
            right = self.formula(expression.right)
        except (Rejected, Poisoned):  # which `and` and `or` did not evaluate
            return apply(OPAQUE, (left,), value)
        if expression.operator in ("and", "or"):
            fixed = left if isinstance(left, Fixed) else right
            other = right if fixed is left else left
            if isinstance(fixed, Fixed):
                return fixed if fixed.value == (expression.operator == "or") else other
        return apply(expression.operator, (left, right), value)

    def truth(self, expression: ast.Expr) -> bool:
        """The value of a condition; `Rejected` unless it is true or false."""
        return self._truth(expression, self.value(expression))

    def _truth(self, expression: ast.Expr, value: Any) -> bool:
        if not isinstance(value, bool):
            advice = "compare it, as in `n > 0`"
            self.fail(expression, f"{describe(value)} is neither true nor false", advice)
        return bool(value)

    # -------------------------------------------------------------- what follows a value

    def _index(self, expression: ast.Index) -> Any:
        operand, index = self.value(expression.operand), self.value(expression.index)
        if isinstance(operand, dict):
            if not is_key(index) or index not in operand:
                what = f"the map has no key {describe(index)}"
                self.fail(expression, what, f"it has {listing(map(str, operand))}")
            return depending(operand[index], tuple(formulas_in(index)))
        if not isinstance(operand, (list, tuple)) or not is_int(index):
            what = f"{describe(operand)} cannot be indexed with {describe(index)}"
            self.fail(expression, what, "lists take whole numbers, maps their keys")
        if not -len(operand) <= index < len(operand):
            what = f"there is no item {index} in a list of {len(operand)}"
            self.fail(expression, what, "items count from 0")
        return depending(operand[index], tuple(formulas_in(index)))

    def _attribute(self, expression: ast.Attribute) -> Any:
        if self._fact:
            return self._fact(expression)
        advice = "the current value's are `in.channels`, `in.height`, `in.width`"
        return self.fail(expression, f"`.{expression.name}` has no meaning here", advice)

    def bounded(self, expression: ast.Expr, value: Any) -> Any:
        """A computed value, after paying for its size; `Rejected` when it is too large."""
        large = is_number(value) and not -LARGEST < value < LARGEST
        try:
            self.environment.meter.spend(1 + weight(value) // 8, expression.span)
        except OverflowError:
            large = True
        if large or value != value:
            raise Rejected(limit_errors.number_too_large("this value").at(expression.span))
        return value

    def fail(self, expression: ast.Expr, what: str, advice: str) -> NoReturn:
        """Raise `Rejected` for an expression."""
        raise Rejected(name_errors.cannot_compute(what, advice).at(expression.span))
