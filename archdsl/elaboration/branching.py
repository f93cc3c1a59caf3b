"""Items that hold bodies: merges, skips, repeats, splits, auxiliary outputs, conditions."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from archdsl.diagnostics import (
    Rejected,
    Reported,
    Span,
    argument_errors,
    limit_errors,
    name_errors,
    network_errors,
    shape_errors,
)
from archdsl.elaboration import merging
from archdsl.elaboration.arguments import describe, match
from archdsl.elaboration.environment import OpValue
from archdsl.elaboration.functions import is_number
from archdsl.elaboration.naming import opens
from archdsl.elaboration.references import home_of
from archdsl.elaboration.splits import what_was_put_there
from archdsl.elaboration.stage import MOST_NODES, Current, Place
from archdsl.elaboration.statements import Statements
from archdsl.ir import Auxiliary, Node, Scope
from archdsl.ops import Op
from archdsl.ops.formulas import Extent, Formula, Formulas, formula_of, plain, traced
from archdsl.ops.merge import Add, Concat
from archdsl.ops.shape import Slice
from archdsl.ops.values import is_int
from archdsl.syntax import ast


class NoBranch(Enum):
    """The result of a branch that is not there."""

    GONE = "gone"


@dataclass
class Branching(Statements):
    """Items that run several bodies on the current value, or one body several times.

    `layers` counts the items that have run and are more than statements and conditions.
    """

    layers: int = 0

    @abstractmethod
    def run(self, items: Sequence[ast.Item], place: Place, current: Current) -> Current:
        """The value that flows out of a body, given the one that flows in."""

    @abstractmethod
    def _item(self, item: ast.Item, place: Place, current: Current) -> Current: ...

    @abstractmethod
    def build(
        self, item: ast.Invoke, callee: OpValue, place: Place, current: Current
    ) -> tuple[Op, Formulas]: ...

    def _merge(self, item: ast.Invoke, callee: OpValue, place: Place, current: Current) -> Current:
        op, formulas = self.build(item, callee, place, current)
        if not item.branches:
            raise Rejected(network_errors.no_branches(op.word).at(item.span))
        ends: list[tuple[Span, Scope, Current]] = []
        for body in item.branches:
            scope = self._scope("branch", op.word, body.span, place)
            end = self._branch(body, Place(place.environment.inner(), scope), current)
            if end is not NoBranch.GONE:
                ends.append((body.span, scope, end))
        if not ends:
            raise Rejected(network_errors.nothing_left(f"this `{op.word}`"))
        branches = [
            merging.Branch(span, scope, self.needed(end, place, span)) for span, scope, end in ends
        ]
        return self._join(op, branches, place, item.span, formulas)

    def _body(self, body: ast.Body, place: Place, current: Current) -> Current:
        return self.run(body.items, place, current)

    def _branch(self, body: ast.Body, place: Place, current: Current) -> Current | NoBranch:
        """Return the value that a branch ends with.

        Where it holds only conditions that are false, its scope is removed: `GONE`.
        """
        before = self.layers
        end = self.run(body.items, place, current)
        conditional = any(isinstance(item, ast.If) for item in body.items)
        if not conditional or end is not current or self.layers > before:
            return end
        if place.scope.parent is not None:
            place.scope.parent.items.pop()  # its scope, which is the last one and empty
        return NoBranch.GONE

    def _skip(self, item: ast.Skip, place: Place, current: Current) -> Current:
        value = self.needed(current, place, item.span)
        inner = Place(place.environment.inner(), self._scope("branch", "skip", item.span, place))
        end = self._branch(item.body, inner, value)
        way = self._scope("branch", "shortcut", item.span, place)
        other: Current = value
        if item.shortcut is not None:
            other = self._item(item.shortcut, Place(place.environment, way), value)
        if end is NoBranch.GONE:
            return other
        main, shortcut = (self.needed(each, place, item.span) for each in (end, other))
        if main.shape != shortcut.shape:
            raise Rejected(merging.skip_differs(item, value, main, shortcut))
        return self._join(
            Add(),
            [
                merging.Branch(item.body.span, inner.scope, main),
                merging.Branch(item.span, way, shortcut),
            ],
            place,
            item.span,
        )

    def _join(
        self,
        op: Op,
        branches: list[merging.Branch],
        place: Place,
        span: Span,
        formulas: Formulas | None = None,
    ) -> Node:
        shape = merging.infer(op, branches, self.graph)
        inputs = tuple(branch.end.id for branch in branches)
        return self._add(op, inputs, shape, place, span, formulas)

    def _reference(self, item: ast.Reference, place: Place, current: Current) -> Current:
        return self._value_of(item, place, current)

    def _aux(self, item: ast.Aux, place: Place, current: Current) -> Current:
        scope = self._scope("aux", "aux", item.span, place)
        return self._aside(item, Place(place.environment.inner(), scope), current)

    def _aside(self, item: ast.Aux, place: Place, current: Current) -> Current:
        """A training-only output from the current value, which passes by."""
        value = self.needed(current, place, item.span)
        around = place.scope.parent
        if around is not None and home_of(around) is not self.graph.root:
            advice = "it belongs into the network itself, outside of blocks and groups"
            raise Rejected(network_errors.misplaced("`aux`", "here", advice).at(item.span))
        matched = match("aux", ["weight"], item.arguments, {})
        weight: Any = 1.0
        if "weight" in matched:
            weight = self.evaluator(place, current).value(matched["weight"].value)
            if not is_number(weight) or weight < 0:
                problem = argument_errors.bad_value(
                    "aux", "weight", describe(weight), "a number of 0 or more"
                )
                raise Rejected(problem.at(matched["weight"].span))
        end = self._branch(item.body, place, value)
        if end is not NoBranch.GONE:
            last = self._ending(self.needed(end, place, item.span), place.scope, item.span)
            self.graph.auxiliaries.append(Auxiliary(last.id, float(weight)))
        return value

    def _if(self, item: ast.If, place: Place, current: Current) -> Current:
        chosen: ast.Body | ast.If | None = item
        while isinstance(chosen, ast.If):
            evaluator = self.evaluator(place, current)
            holds = evaluator.truth(chosen.condition)
            self.decide(evaluator.formula(chosen.condition, holds), place)
            chosen = chosen.then if holds else chosen.otherwise
        if chosen is None:
            return current
        return self.run(chosen.items, Place(place.environment.inner(), place.scope), current)

    def _repeat(self, item: ast.Repeat, place: Place, current: Current) -> Current:
        kind = "dense" if item.dense else "repeat"
        scope = self._scope(kind, kind, item.span, place)
        return self._iterate(item, Place(place.environment, scope), current)

    def _iterate(self, item: ast.Repeat, place: Place, current: Current) -> Current:
        values = self._iterations(item, place, current)
        place.scope.count = self._count(item.source, values, place, current)
        for number, value in enumerate(values):
            self._spend(item.span, place)
            environment = place.environment.inner()
            if item.value is not None:
                environment.set(item.value, value)
            if item.index is not None:
                environment.set(item.index, number if item.value else value)
            iteration = self._scope("iteration", "iteration", item.span, place)
            within = Place(environment, iteration)
            run = self._branch if item.dense else self._body
            result = run(item.body, within, current)
            if result is NoBranch.GONE:
                continue
            if isinstance(result, Reported):
                return result  # the other iterations would fail alike
            if isinstance(result, Node) and opens(iteration):
                result = self._ending(result, iteration, item.body.span)
            current = self._link(item, iteration, current, result, place) if item.dense else result
        return current

    def _link(
        self, item: ast.Repeat, iteration: Scope, before: Current, result: Current, place: Place
    ) -> Node:
        """A dense link: what an iteration read, and behind it what it made."""
        value = self.needed(before, place, item.span)
        read = merging.Branch(item.span, place.scope, value)
        made = merging.Branch(item.body.span, iteration, self.needed(result, place, item.span))
        return self._join(Concat(), [read, made], place, item.body.span)

    def _iterations(self, item: ast.Repeat, place: Place, current: Current) -> Sequence[Any]:
        source = self.evaluator(place, current).value(item.source)
        count = source if is_int(source) else len(source) if isinstance(source, list) else None
        if count is None or (item.index is not None and not isinstance(source, list)):
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

    def _count(
        self, source: ast.Expr, values: Sequence[Any], place: Place, current: Current
    ) -> Formula | None:
        """The formula of a number of iterations; None where the text has none."""
        evaluator = self.evaluator(place, current)
        if isinstance(values, range):
            return evaluator.formula(source)
        if not (isinstance(source, ast.Call) and len(source.arguments) == 1):
            return None
        is_range = source.callee.span.text == "range"
        return evaluator.formula(source.arguments[0].value) if is_range else None

    def _split(self, item: ast.Split, place: Place, current: Current) -> Current:
        return self._divide(item, place, current)[0]

    def _divide(
        self, item: ast.Split, place: Place, current: Current, label: str | None = None
    ) -> tuple[Node, Scope]:
        """Equal parts of the channels, each with a body; the concatenation of what they make.

        Towers are cut and meet outside of their scope, where devices exchange values.
        """
        value = self.needed(current, place, item.span)
        if item.towers and home_of(place.scope) is not self.graph.root:
            advice = "it belongs into the network itself, outside of blocks and groups"
            raise Rejected(
                network_errors.misplaced("`split … on devices`", "here", advice).at(item.span)
            )
        bodies = self._parts(item, place, value)
        count = len(bodies)
        if item.towers:
            parts = [self._part(value, i, count, place, item) for i in range(count)]
            scope = self._scope("towers", "split", item.span, place, label)
        else:
            scope = self._scope("split", "split", item.span, place, label)
            within = Place(place.environment, scope)
            parts = [self._part(value, i, count, within, item) for i in range(count)]
        ends = self._ends(item, bodies, parts, Place(place.environment, scope))
        meets = place if item.towers else Place(place.environment, scope)
        return self._join(Concat(), ends, meets, item.span), scope

    def _ends(
        self, item: ast.Split, bodies: Sequence[ast.Body], parts: list[Node], place: Place
    ) -> list[merging.Branch]:
        """What the bodies make of their parts."""
        kind = "branch" if item.count is None else "iteration"
        ends = []
        for body, part in zip(bodies, parts, strict=True):
            self._spend(item.span, place)
            scope = self._scope(kind, "part", body.span, place)
            run = self._branch if item.count is None else self._body
            end = run(body, Place(place.environment.inner(), scope), part)
            if end is NoBranch.GONE:
                raise Rejected(network_errors.nothing_left("this part of a `split`").at(body.span))
            value = self.needed(end, place, body.span)  # other parts of one body would fail alike
            if opens(scope):
                value = self._ending(value, scope, body.span)
            ends.append(merging.Branch(body.span, scope, value))
        return ends

    def _parts(self, item: ast.Split, place: Place, value: Node) -> Sequence[ast.Body]:
        """The body of each part."""
        bodies = item.bodies
        if item.count is not None:
            count = self.evaluator(place, value).value(item.count)
            self.decide_value(count, place)
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

    def _part(self, value: Node, number: int, count: int, place: Place, item: ast.Split) -> Node:
        channels: int = traced(value.shape[0], Extent(value, 0, value.shape[0]))
        begin = number * (channels // count)
        end = begin + channels // count
        start, width = plain(begin), plain(channels // count)
        known = what_was_put_there(self.graph, value, start, start + width)
        if known is not None:
            self.passed.append(value)
            return known
        shape = (width, *value.shape[1:])
        formulas = {"start": formula_of(begin), "stop": formula_of(end)}
        return self._add(
            Slice(start, start + width), (value.id,), shape, place, item.span, formulas
        )
