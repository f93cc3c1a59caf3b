"""Calls inside expressions: functions, and blocks, networks and ops with arguments bound."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from archdsl.diagnostics import Note, Rejected, argument_errors, limit_errors
from archdsl.elaboration.arguments import attributes, describe, match, match_attributes
from archdsl.elaboration.dependence import with_formula
from archdsl.elaboration.environment import BlockValue, FunctionValue, Given, NetworkValue, OpValue
from archdsl.elaboration.functions import FUNCTIONS, NAMED
from archdsl.ops.formulas import plain
from archdsl.syntax import ast

if TYPE_CHECKING:
    from archdsl.elaboration.expressions import Evaluator

DEEPEST_CALLS = 100  # functions that call one another
MOST_NOTES = 3  # calls that a message shows


def call(evaluator: Evaluator, expression: ast.Call) -> Any:
    """The value of a call: a function's, or a block, network or op with arguments bound."""
    callee = expression.callee
    if isinstance(callee, ast.Name) and callee.id in FUNCTIONS:
        return _function(evaluator, expression, callee.id)
    value = evaluator.callee(callee)
    if isinstance(value, FunctionValue):
        return _defined_function(evaluator, expression, value)
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


def _defined_function(evaluator: Evaluator, expression: ast.Call, function: FunctionValue) -> Any:
    """The value of a function that the author defined, for the arguments of a call."""
    names = [parameter.name.id for parameter in function.parameters]
    matched = match(str(function), names, expression.arguments, {})
    environment = function.environment.inner()
    inside = evaluator.inside(environment)
    missing = []
    for parameter in function.parameters:
        name, default = parameter.name.id, parameter.default
        reader = evaluator if name in matched else inside
        given = matched[name].value if name in matched else default
        if given is None:
            missing.append(name)
            continue
        value = reader.value(given)
        environment.names[name] = value
        if isinstance(value, bool):
            environment.formulas[name] = reader.formula(given, value)
    if missing:
        where = function.definition.name.span
        problem = argument_errors.missing_argument(str(function), missing, where)
        raise Rejected(problem.at(expression.span))
    meter = environment.meter
    meter.spend(1, expression.span)
    if meter.depth >= DEEPEST_CALLS:
        problem = limit_errors.endless_function(str(function), DEEPEST_CALLS)
        raise Rejected(problem.at(expression.span))
    meter.depth += 1
    try:
        return inside.value(function.definition.value)
    except Rejected as rejected:
        problem = rejected.diagnostic
        note = Note("called here", expression.span)
        if len(problem.notes) < MOST_NOTES and note not in problem.notes:
            problem = replace(problem, notes=(*problem.notes, note))
        raise Rejected(problem) from None
    finally:
        meter.depth -= 1


def _function(evaluator: Evaluator, expression: ast.Call, name: str) -> Any:
    known = NAMED.get(name, ())
    for argument in expression.arguments:
        if argument.name is not None and argument.name not in known:
            problem = argument_errors.unknown_argument(name, argument.name, known)
            raise Rejected(problem.at(argument.span))
    computed = [(a.name, evaluator.value(a.value)) for a in expression.arguments]
    values = [value for _, value in computed]
    positional = [plain(value) for key, value in computed if key is None]
    try:
        named = {key: plain(value) for key, value in computed if key is not None}
        result = evaluator.bounded(expression, FUNCTIONS[name](*positional, **named))
        return with_formula(name if not named else "", values, result)
    except OverflowError:
        raise Rejected(limit_errors.number_too_large(f"`{name}`").at(expression.span)) from None
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        shown = ", ".join(describe(value) for value in values)
        evaluator.fail(
            expression,
            f"`{name}` cannot take {shown or 'nothing'}",
            "functions work on numbers and lists of numbers",
        )
