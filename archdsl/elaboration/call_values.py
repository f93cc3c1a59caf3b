"""Calls inside expressions: functions, and blocks, networks and ops with arguments bound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archdsl.diagnostics import Rejected, argument_errors, limit_errors
from archdsl.elaboration.arguments import attributes, describe, match_attributes
from archdsl.elaboration.dependence import with_formula
from archdsl.elaboration.environment import BlockValue, Given, NetworkValue, OpValue
from archdsl.elaboration.functions import FUNCTIONS
from archdsl.ops.formulas import plain
from archdsl.syntax import ast

if TYPE_CHECKING:
    from archdsl.elaboration.expressions import Evaluator


def call(evaluator: Evaluator, expression: ast.Call) -> Any:
    """The value of a call: a function's, or a block, network or op with arguments bound."""
    callee = expression.callee
    if isinstance(callee, ast.Name) and callee.id in FUNCTIONS:
        return _function(evaluator, expression, callee.id)
    value = evaluator.value(callee)
    if isinstance(value, (BlockValue, NetworkValue)):
        names = [parameter.name.id for parameter in value.definition.parameters]
        given = evaluator.arguments(str(value), names, expression.arguments, value.bound)
        return value.binding(given)
    if isinstance(value, OpValue):
        return _bind_op(evaluator, value, expression.arguments)
    advice = "functions are " + ", ".join(FUNCTIONS)
    return evaluator.fail(expression, f"{describe(value)} cannot be called", advice)


def _bind_op(evaluator: Evaluator, value: OpValue, arguments: tuple[ast.Argument, ...]) -> OpValue:
    known = attributes(value.op)
    taken = {given.name or "": given for given in value.bound}
    matched = match_attributes(value.op, arguments, taken)
    given = tuple(
        Given(name, evaluator.argument(a.value, known[name].metadata["kind"]), a.span)
        for name, a in matched.items()
    )
    return OpValue(value.op, value.bound + given)


def _function(evaluator: Evaluator, expression: ast.Call, name: str) -> Any:
    for argument in expression.arguments:
        if argument.name is not None:
            problem = argument_errors.unknown_argument(name, argument.name, ())
            raise Rejected(problem.at(argument.span))
    values = [evaluator.value(argument.value) for argument in expression.arguments]
    try:
        result = evaluator.bounded(expression, FUNCTIONS[name](*map(plain, values)))
        return with_formula(name, values, result)
    except OverflowError:
        raise Rejected(limit_errors.number_too_large(f"`{name}`").at(expression.span)) from None
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        shown = ", ".join(describe(value) for value in values)
        evaluator.fail(
            expression,
            f"`{name}` cannot take {shown or 'nothing'}",
            "functions work on numbers and lists of numbers",
        )
