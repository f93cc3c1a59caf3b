"""Items that run one body several times: `repeat` and `dense`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archdsl.diagnostics import (
    Rejected,
    Reported,
    limit_errors,
    name_errors,
)
from archdsl.elaboration import merging
from archdsl.elaboration.arguments import describe
from archdsl.elaboration.branches import NoBranch, run_branch
from archdsl.elaboration.headers import bind_item
from archdsl.elaboration.naming import opens
from archdsl.elaboration.stage import MOST_NODES, Current, Place, Runner
from archdsl.ir import Node, Scope
from archdsl.ops.formulas import Formula
from archdsl.ops.merge import Concat
from archdsl.ops.values import is_int
from archdsl.syntax import ast


def repeat(runner: Runner, item: ast.Repeat, place: Place, current: Current) -> Current:
    """A `repeat` or `dense` in a scope of its own."""
    kind = "dense" if item.dense else "repeat"
    scope = runner.stage.open_scope(kind, kind, item.span, place)
    return iterate(runner, item, Place(place.environment, scope), current)


def iterate(runner: Runner, item: ast.Repeat, place: Place, current: Current) -> Current:
    """Run the iterations of a `repeat` or `dense` in the scope of a place."""
    values = _iterations(runner, item, place, current)
    place.scope.count = _count_of(runner, item.source, values, place, current)
    for number, value in enumerate(values):
        runner.stage.spend(item.span, place)
        environment = place.environment.inner()
        if item.header is not None:
            bind_item(item.header, number, value, environment)
        iteration = runner.stage.open_scope("iteration", "iteration", item.span, place)
        within = Place(environment, iteration)
        result = _run_iteration(runner, item, within, current)
        if result is NoBranch.GONE:
            continue
        if isinstance(result, Reported):
            return result  # the other iterations would fail alike
        if isinstance(result, Node) and opens(iteration):
            result = runner.stage.ending(result, iteration, item.body.span)
            runner.stage.labels.number(iteration, result)
        current = _link(runner, item, iteration, current, result, place) if item.dense else result
    return current


def _link(
    runner: Runner,
    item: ast.Repeat,
    iteration: Scope,
    before: Current,
    result: Current,
    place: Place,
) -> Node:
    """A dense link: what an iteration read, and behind it what it made."""
    value = runner.stage.needed(before, place, item.span)
    read = merging.Branch(item.span, place.scope, value)
    made = merging.Branch(item.body.span, iteration, runner.stage.needed(result, place, item.span))
    return merging.join(runner.stage, Concat(), [read, made], place, item.body.span)


def _iterations(runner: Runner, item: ast.Repeat, place: Place, current: Current) -> Sequence[Any]:
    source = runner.stage.evaluator(place, current).value(item.source)
    count = source if is_int(source) else len(source) if isinstance(source, list) else None
    if count is None or (item.header is not None and not isinstance(source, list)):
        what = f"{describe(source)} cannot be repeated over"
        advice = "write `repeat 3`, `repeat i in range(3)` or `repeat i, n in list`"
        raise Rejected(name_errors.cannot_compute(what, advice).at(item.source.span))
    if count < 0:
        problem = name_errors.cannot_compute(
            f"{count} iterations are not possible", "use 0 or more"
        )
        raise Rejected(problem.at(item.source.span))
    if count > MOST_NODES:
        problem = limit_errors.too_many_repeats(count, MOST_NODES)
        raise Rejected(problem.at(item.source.span))
    return source if isinstance(source, list) else range(count)


def _count_of(
    runner: Runner, source: ast.Expr, values: Sequence[Any], place: Place, current: Current
) -> Formula | None:
    """The formula of a number of iterations; None where the text has none."""
    evaluator = runner.stage.evaluator(place, current)
    if isinstance(values, range):
        return evaluator.formula(source)
    if not (isinstance(source, ast.Call) and len(source.arguments) == 1):
        return None
    is_range = source.callee.span.text == "range"
    return evaluator.formula(source.arguments[0].value) if is_range else None


def _run_iteration(
    runner: Runner, item: ast.Repeat, place: Place, current: Current
) -> Current | NoBranch:
    """The value of one iteration; that of a `dense` may have no branch."""
    if item.dense:
        return run_branch(runner, item.body, place, current)
    return runner.run(item.body.items, place, current)
