"""Items that run bodies on the current value: merges, skips, auxiliary outputs, conditions."""

from __future__ import annotations

from enum import Enum
from typing import Any

from archdsl.diagnostics import (
    Rejected,
    Span,
    argument_errors,
    network_errors,
)
from archdsl.elaboration import merging
from archdsl.elaboration.arguments import describe, match
from archdsl.elaboration.environment import OpValue
from archdsl.elaboration.functions import is_number
from archdsl.elaboration.references import home_of
from archdsl.elaboration.stage import Current, Place, Runner
from archdsl.ir import Auxiliary, Scope
from archdsl.ops.merge import Add
from archdsl.syntax import ast


class NoBranch(Enum):
    """The result of a branch that is not there."""

    GONE = "gone"


def merge(
    runner: Runner, item: ast.Invoke, callee: OpValue, place: Place, current: Current
) -> Current:
    """A merge: each branch starts from the current value."""
    op, formulas = runner.build(item, callee, place, current)
    if not item.branches:
        raise Rejected(network_errors.no_branches(op.word).at(item.span))
    ends: list[tuple[Span, Scope, Current]] = []
    for body in item.branches:
        scope = runner.stage.open_scope("branch", op.word, body.span, place)
        end = run_branch(runner, body, Place(place.environment.inner(), scope), current)
        if end is not NoBranch.GONE:
            ends.append((body.span, scope, end))
    if not ends:
        raise Rejected(network_errors.nothing_left(f"this `{op.word}`"))
    branches = [
        merging.Branch(span, scope, runner.stage.needed(end, place, span))
        for span, scope, end in ends
    ]
    return merging.join(runner.stage, op, branches, place, item.span, formulas)


def run_branch(
    runner: Runner, body: ast.Body, place: Place, current: Current
) -> Current | NoBranch:
    """Return the value that a branch ends with.

    Where it holds only conditions that are false, its scope is removed: `GONE`.
    """
    before = runner.layers
    end = runner.run(body.items, place, current)
    conditional = any(isinstance(item, ast.If) for item in body.items)
    if not conditional or end is not current or runner.layers > before:
        return end
    if place.scope.parent is not None:
        place.scope.parent.items.pop()  # its scope, which is the last one and empty
    return NoBranch.GONE


def skip(runner: Runner, item: ast.Skip, place: Place, current: Current) -> Current:
    """A skip: the value of its body, added to the value before or to its shortcut."""
    value = runner.stage.needed(current, place, item.span)
    inner = Place(
        place.environment.inner(), runner.stage.open_scope("branch", "skip", item.span, place)
    )
    if item.condition is not None:
        place, holds = _decided(runner, item.condition, place, current)
        if not holds:
            return runner.run(item.body.items, inner, value)
    end = run_branch(runner, item.body, inner, value)
    way = runner.stage.open_scope("branch", "shortcut", item.span, place)
    other: Current = value
    if item.shortcut is not None:
        other = runner.item(item.shortcut, Place(place.environment, way), value)
    if end is NoBranch.GONE:
        return other
    main, shortcut = (runner.stage.needed(each, place, item.span) for each in (end, other))
    if main.shape != shortcut.shape:
        raise Rejected(merging.skip_differs(item, value, main, shortcut))
    return merging.join(
        runner.stage,
        Add(),
        [
            merging.Branch(item.body.span, inner.scope, main),
            merging.Branch(item.span, way, shortcut),
        ],
        place,
        item.span,
    )


def aux(runner: Runner, item: ast.Aux, place: Place, current: Current) -> Current:
    """An auxiliary output in a scope of its own."""
    scope = runner.stage.open_scope("aux", "aux", item.span, place)
    return aside(runner, item, Place(place.environment.inner(), scope), current)


def aside(runner: Runner, item: ast.Aux, place: Place, current: Current) -> Current:
    """A training-only output from the current value, which passes by."""
    value = runner.stage.needed(current, place, item.span)
    around = place.scope.parent
    if around is not None and home_of(around) is not runner.stage.graph.root:
        advice = "it belongs into the network itself, outside of blocks and groups"
        raise Rejected(network_errors.misplaced("`aux`", "here", advice).at(item.span))
    matched = match("aux", ["weight"], item.arguments, {})
    weight: Any = 1.0
    if "weight" in matched:
        weight = runner.stage.evaluator(place, current).value(matched["weight"].value)
        if not is_number(weight) or weight < 0:
            problem = argument_errors.bad_value(
                "aux", "weight", describe(weight), "a number of 0 or more"
            )
            raise Rejected(problem.at(matched["weight"].span))
    end = run_branch(runner, item.body, place, value)
    if end is not NoBranch.GONE:
        last = runner.stage.ending(
            runner.stage.needed(end, place, item.span), place.scope, item.span
        )
        runner.stage.graph.auxiliaries.append(Auxiliary(last.id, float(weight)))
    return value


def condition(runner: Runner, item: ast.If, place: Place, current: Current) -> Current:
    """An `if`: the body whose condition holds, or the value as it is."""
    chosen: ast.Body | ast.If | None = item
    while isinstance(chosen, ast.If):
        place, holds = _decided(runner, chosen.condition, place, current)
        chosen = chosen.then if holds else chosen.otherwise
    if chosen is None:
        return current
    return runner.run(chosen.items, place.inner(), current)


def _decided(
    runner: Runner, condition: ast.Expr, place: Place, current: Current
) -> tuple[Place, bool]:
    """Whether a condition holds that chooses what the network has, and the place of that."""
    evaluator = runner.stage.evaluator(place, current)
    holds = evaluator.truth(condition)
    formula = evaluator.formula(condition, holds)
    runner.stage.decide(formula, place)
    return place.under(formula), holds
