"""Splits: equal parts of the channels, each with a body."""

from __future__ import annotations

from collections.abc import Sequence

from archdsl.diagnostics import (
    Rejected,
    argument_errors,
    limit_errors,
    network_errors,
    shape_errors,
)
from archdsl.elaboration import merging
from archdsl.elaboration.arguments import describe
from archdsl.elaboration.branches import NoBranch, run_branch
from archdsl.elaboration.naming import opens
from archdsl.elaboration.references import home_of
from archdsl.elaboration.splits import what_was_put_there
from archdsl.elaboration.stage import MOST_NODES, Current, Place, Runner
from archdsl.ir import Node, Scope
from archdsl.ops.formulas import Extent, formula_of, plain, traced
from archdsl.ops.merge import Concat
from archdsl.ops.shape import Slice
from archdsl.ops.values import is_int
from archdsl.syntax import ast


def divide(
    runner: Runner, item: ast.Split, place: Place, current: Current, label: str | None = None
) -> tuple[Node, Scope]:
    """Equal parts of the channels, each with a body; the concatenation of what they make.

    Towers are cut and meet outside of their scope, where devices exchange values.
    """
    value = runner.stage.needed(current, place, item.span)
    if item.towers and home_of(place.scope) is not runner.stage.graph.root:
        advice = "it belongs into the network itself, outside of blocks and groups"
        raise Rejected(
            network_errors.misplaced("`split … on devices`", "here", advice).at(item.span)
        )
    bodies = _bodies(runner, item, place, value)
    count = len(bodies)
    if item.towers:
        parts = [_part(runner, value, i, count, place, item) for i in range(count)]
        scope = runner.stage.open_scope("towers", "split", item.span, place, label)
    else:
        scope = runner.stage.open_scope("split", "split", item.span, place, label)
        within = Place(place.environment, scope)
        parts = [_part(runner, value, i, count, within, item) for i in range(count)]
    ends = _ends(runner, item, bodies, parts, Place(place.environment, scope))
    meets = place if item.towers else Place(place.environment, scope)
    return merging.join(runner.stage, Concat(), ends, meets, item.span), scope


def _ends(
    runner: Runner,
    item: ast.Split,
    bodies: Sequence[ast.Body],
    parts: list[Node],
    place: Place,
) -> list[merging.Branch]:
    """The branches that the bodies make of their parts."""
    kind = "branch" if item.count is None else "iteration"
    ends = []
    for body, part in zip(bodies, parts, strict=True):
        runner.stage.spend(item.span, place)
        scope = runner.stage.open_scope(kind, "part", body.span, place)
        within = Place(place.environment.inner(), scope)
        end: Current | NoBranch
        if item.count is None:
            end = run_branch(runner, body, within, part)
        else:
            end = runner.run(body.items, within, part)
        if end is NoBranch.GONE:
            raise Rejected(network_errors.nothing_left("this part of a `split`").at(body.span))
        # Where this fails, other parts of one body would fail alike.
        value = runner.stage.needed(end, place, body.span)
        if opens(scope):
            value = runner.stage.ending(value, scope, body.span)
            runner.stage.labels.number(scope, value)
        ends.append(merging.Branch(body.span, scope, value))
    return ends


def _bodies(runner: Runner, item: ast.Split, place: Place, value: Node) -> Sequence[ast.Body]:
    """The body of each part."""
    bodies = item.bodies
    if item.count is not None:
        count = runner.stage.evaluator(place, value).value(item.count)
        runner.stage.decide_value(count, place)
        if not is_int(count) or count < 1:
            problem = argument_errors.bad_value(
                "split", "count", describe(count), "a whole number of 1 or more"
            )
            raise Rejected(problem.at(item.count.span))
        if count > MOST_NODES:
            raise Rejected(limit_errors.too_many_repeats(count, MOST_NODES).at(item.count.span))
        if count > value.shape[0]:
            raise Rejected(
                shape_errors.parts_do_not_divide(count, value.shape[0]).at(item.count.span)
            )
        bodies = item.bodies * count
    if value.shape[0] % len(bodies):
        problem = shape_errors.parts_do_not_divide(len(bodies), value.shape[0])
        raise Rejected(problem.at(item.count.span if item.count else item.span))
    return bodies


def _part(
    runner: Runner, value: Node, number: int, count: int, place: Place, item: ast.Split
) -> Node:
    channels: int = traced(value.shape[0], Extent(value, 0, value.shape[0]))
    begin = number * (channels // count)
    end = begin + channels // count
    start, width = plain(begin), plain(channels // count)
    known = what_was_put_there(runner.stage.graph, value, start, start + width)
    if known is not None:
        runner.stage.passed.append(value)
        return known
    shape = (width, *value.shape[1:])
    formulas = {"start": formula_of(begin), "stop": formula_of(end)}
    return runner.stage.add(
        Slice(start, start + width), (value.id,), shape, place, item.span, formulas
    )
