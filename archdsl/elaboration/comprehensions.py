"""The list of a rule: `[f(x) for x in xs if c]`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archdsl.elaboration.arguments import describe
from archdsl.elaboration.dependence import depending
from archdsl.elaboration.headers import bind_item
from archdsl.syntax import ast

if TYPE_CHECKING:
    from archdsl.elaboration.expressions import Evaluator


def comprehension(evaluator: Evaluator, expression: ast.Comprehension) -> list[Any]:
    """The list of a rule: `[value for x in source if condition]`."""
    source = evaluator.value(expression.source)
    if not isinstance(source, list):
        what = f"{describe(source)} has no items"
        evaluator.fail(expression.source, what, "write a list: `[2 * n for n in [1, 2, 3]]`")
    found = []
    for number, item in enumerate(source):
        environment = evaluator.environment.inner()
        environment.meter.spend(1, expression.span)
        bind_item(expression.header, number, item, environment)
        inner = evaluator.inside(environment)
        value = inner.value(expression.value) if expression.condition is None else None
        if expression.condition is not None:
            holds = inner.truth(expression.condition)
            chosen = inner.formula(expression.condition, holds)
            if not holds:
                continue
            value = depending(inner.value(expression.value), (chosen,))
        found.append(value)
    evaluator.bounded(expression, found)
    return found
