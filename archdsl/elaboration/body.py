"""Bodies to nodes: a value flows through the items of a body, and each adds to the graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from archdsl.diagnostics import Diagnostic, Rejected, Sink, Span
from archdsl.diagnostics import limits as say_limit
from archdsl.diagnostics import names as say
from archdsl.diagnostics import shapes as say_shape
from archdsl.diagnostics import syntax as say_syntax
from archdsl.elaboration import merging
from archdsl.elaboration.arguments import attributes, build_op, describe, match
from archdsl.elaboration.environment import (
    POISON,
    BlockValue,
    Environment,
    Given,
    NetworkValue,
    OpValue,
    Poisoned,
)
from archdsl.elaboration.expressions import Evaluator
from archdsl.elaboration.functions import is_number
from archdsl.elaboration.naming import opens, why_reserved
from archdsl.ir import Auxiliary, Graph, Node, Scope, frames
from archdsl.ops import Op, size
from archdsl.ops.base import volume
from archdsl.ops.merge import Add, Concat
from archdsl.ops.shape import Identity, Input
from archdsl.ops.values import Kind, Size, is_int
from archdsl.syntax import ast

MOST_NODES = 400_000
MOST_CALLS = 100
MOST_DEPTH = 1500  # items inside items, through all calls: keeps Python's own stack bounded
MOST_ELEMENTS = 2**40
CALLED = ("block", "network")  # a body sees its own labels only
FLOW = {"channels": 0, "height": 1, "width": 2}

Current = Node | None  # None: unknown, because of a mistake already reported


class Stop(Exception):  # noqa: N818
    """Ends the elaboration of a network after a mistake that would only repeat itself."""


@dataclass(frozen=True)
class Place:
    """Where an item stands: what its names mean, and the scope that it adds to."""

    environment: Environment
    scope: Scope


@dataclass
class Label:
    """What a label names: a value, and the scope of its item where that has one."""

    value: Current
    scope: Scope | None
    span: Span


@dataclass
class Expectation:
    """An `expect` line of a network, evaluated when the graph is complete."""

    condition: ast.Expr
    environment: Environment


@dataclass
class Elaborator:
    """Fills one graph; mistakes go to the sink and poison what depends on them."""

    graph: Graph
    sink: Sink
    input_shapes: dict[str, Size] = field(default_factory=dict)
    expectations: list[Expectation] = field(default_factory=list)
    calls: int = 0
    depth: int = 0

    def __post_init__(self) -> None:
        self._labels: dict[Scope, dict[str, Label]] = {}
        self._input_seen = False
        self._unnamed_input: Span | None = None

    # -------------------------------------------------------------- bodies

    def run(self, items: Sequence[ast.Item], place: Place, current: Current) -> Current:
        """The value that flows out of a body, given the one that flows in."""
        for position, item in enumerate(items):
            following = items[position + 1] if position + 1 < len(items) else None
            if isinstance(item, ast.Reference) and isinstance(following, ast.Reference):
                name = item.span.text.removeprefix("@")
                self.sink.add(say.unused_reference(name).at(item.span))
            current = self._item(item, place, current)
        return current

    def _item(self, item: ast.Item, place: Place, current: Current) -> Current:
        self._spend(item.span, place)
        self.depth += 1
        if self.depth > MOST_DEPTH:
            self._stop(say_syntax.nested_too_deep(MOST_DEPTH), item.span, place)
        try:
            rule = getattr(self, "_" + type(item).__name__.lower())
            result: Current = rule(item, place, current)
        except Rejected as rejected:
            problem = rejected.diagnostic
            self.sink.add(problem.at(problem.span or item.span, frames(place.scope)))
        except Poisoned:
            pass
        else:
            return result
        finally:
            self.depth -= 1
        if isinstance(item, ast.Let):
            place.environment.names[item.name.id] = POISON
        return current if isinstance(item, (ast.Let, ast.Default, ast.Expect)) else None

    def _spend(self, span: Span, place: Place) -> None:
        try:
            place.environment.meter.spend(1, span)
        except Rejected as rejected:
            self._stop(rejected.diagnostic, span, place)
        except Poisoned:
            raise Stop from None

    def _stop(self, problem: Diagnostic, span: Span, place: Place) -> None:
        self.sink.add(problem.at(span, frames(place.scope)))
        raise Stop

    def evaluator(self, place: Place, current: Current) -> Evaluator:
        """Expressions as they read at a place."""
        return Evaluator(
            place.environment,
            flow=lambda flow: self._flow(flow, place, current),
            reference=lambda reference: self._value_of(reference, place, current),
        )

    def _flow(self, flow: ast.Flow, place: Place, current: Current) -> int:
        value = self._needed(current, place, flow.span)
        if flow.fact not in FLOW:
            advice = "the current value's are `in.channels`, `in.height`, `in.width`"
            problem = say.cannot_compute(f"`in.{flow.fact}` is not known", advice)
            raise Rejected(problem.at(flow.span))
        axis = FLOW[flow.fact]
        if axis >= len(value.shape):
            problem = say_shape.needs_image(f"in.{flow.fact}", size(value.shape))
            raise Rejected(problem.at(flow.span))
        return value.shape[axis]

    def _needed(self, current: Current, place: Place, span: Span) -> Node:
        """The current value; `Rejected` when there never was one, `Poisoned` when unknown."""
        if current is not None:
            return current
        if not self.graph.inputs and not self._input_seen:
            self._input_seen = True
            raise Rejected(say.no_input(self.graph.name).at(span))
        raise Poisoned

    # -------------------------------------------------------------- statements

    def _let(self, item: ast.Let, place: Place, current: Current) -> Current:
        place.environment.set(item.name.id, self.evaluator(place, current).value(item.value))
        return current

    def _default(self, item: ast.Default, place: Place, current: Current) -> Current:
        set_default(item, place.environment, self.evaluator(place, current))
        return current

    def _expect(self, item: ast.Expect, place: Place, current: Current) -> Current:
        if place.scope.parent is None:
            self.expectations.append(Expectation(item.condition, place.environment))
        return current

    def _input(self, item: ast.Input, place: Place, current: Current) -> Current:
        self._input_seen = True
        if item.name is None:
            if self._unnamed_input is not None:
                problem = say.second_input(self.graph.name, self._unnamed_input)
                raise Rejected(problem.at(item.span))
            self._unnamed_input = item.span
        name = item.name.id if item.name else "input"
        shape: Any = self.input_shapes.get(name)
        if shape is None:
            shape = self.evaluator(place, current).value(item.size)
        if is_int(shape):
            shape = Size((shape,))
        if not isinstance(shape, Size) or len(shape) not in (1, 3) or min(shape) < 1:
            raise Rejected(say_shape.not_a_shape(describe(shape)).at(item.size.span))
        node = self._add(Input(tuple(shape)), (), tuple(shape), place, item.span)
        self.graph.inputs.append(node.id)
        if item.name:
            node.label = name
            self._register(name, Label(node, None, item.span), place.scope, item.name.span)
        return node

    def _output(self, item: ast.Output, place: Place, current: Current) -> Current:
        for expression in item.values:
            value = self.evaluator(place, current).value(expression)
            if not isinstance(value, Node):
                advice = "name earlier labels: `output @c3, @c4`"
                problem = say.cannot_compute(f"{describe(value)} is not a value", advice)
                raise Rejected(problem.at(expression.span))
            name = self._output_name(expression, place, current)
            if name in self.graph.output_names:
                raise Rejected(say.output_twice(name).at(expression.span))
            self.graph.outputs.append(value.id)
            self.graph.output_names.append(name)
        return current

    def _output_name(self, expression: ast.Expr, place: Place, current: Current) -> str:
        """The label under which a value is returned: the last word of its reference."""
        if isinstance(expression, ast.Reference):
            return self._template_text(expression.path[-1], place, current)
        if isinstance(expression, ast.Name):
            return expression.id
        problem = say.cannot_compute("this output has no name", "label it: `output @c3, @c4`")
        raise Rejected(problem.at(expression.span))

    # -------------------------------------------------------------- layers

    def _invoke(self, item: ast.Invoke, place: Place, current: Current) -> Current:
        callee = self.evaluator(place, current).value(item.callee)
        if isinstance(callee, OpValue) and callee.op.many:
            return self._merge(item, callee, place, current)
        if item.branches:
            raise Rejected(say.takes_no_branches(str(callee)).at(item.branches[0].span))
        if isinstance(callee, OpValue):
            return self._op(item, callee, place, current)
        if isinstance(callee, BlockValue):
            return self._block(item, callee, place, current, None)
        if isinstance(callee, Node):
            advice = f"write `@…`, or merge it: `add {{ | identity | {item.callee.span.text} }}`"
            return self._pass_value(item, callee, advice)
        raise Rejected(_not_a_layer(item, callee))

    def _pass_value(self, item: ast.Invoke, value: Node, advice: str) -> Node:
        if item.arguments:
            problem = say.not_a_layer(item.callee.span.text, "a value, not a layer", advice)
            raise Rejected(problem.at(item.span))
        return value

    def _op(self, item: ast.Invoke, callee: OpValue, place: Place, current: Current) -> Node:
        op = self.build(item, callee, place, current)
        value = self._needed(current, place, item.span)
        return self._add(op, (value.id,), op.infer((value.shape,)), place, item.span)

    def build(self, item: ast.Invoke, callee: OpValue, place: Place, current: Current) -> Op:
        """The op that a call means, with the defaults in force."""
        defaults = place.environment.defaults.get(callee.op.word, ())
        bound = {given.name or "": given for given in (*defaults, *callee.bound)}
        evaluator = self.evaluator(place, current)
        return build_op(callee.op, item.span, item.arguments, bound, evaluator.argument)

    def _merge(self, item: ast.Invoke, callee: OpValue, place: Place, current: Current) -> Current:
        op = self.build(item, callee, place, current)
        if not item.branches:
            raise Rejected(say.no_branches(op.word).at(item.span))
        ends: list[merging.Branch] = []
        for body in item.branches:
            scope = self._scope("branch", op.word, body.span, place)
            end = self.run(body.items, Place(place.environment.inner(), scope), current)
            ends.append(merging.Branch(body.span, scope, end))
        if any(branch.end is None for branch in ends):
            raise Poisoned
        return self._join(op, ends, place, item.span)

    def _skip(self, item: ast.Skip, place: Place, current: Current) -> Current:
        value = self._needed(current, place, item.span)
        inner = Place(place.environment.inner(), self._scope("branch", "skip", item.span, place))
        main = self.run(item.body.items, inner, value)
        way = self._scope("branch", "shortcut", item.span, place)
        shortcut: Current = value
        if item.shortcut is not None:
            shortcut = self._item(item.shortcut, Place(place.environment, way), value)
        if main is None or shortcut is None:
            raise Poisoned
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

    def _join(self, op: Op, branches: list[merging.Branch], place: Place, span: Span) -> Node:
        ends = [branch.end for branch in branches if branch.end is not None]
        shape = merging.infer(op, branches, self.graph)
        return self._add(op, tuple(end.id for end in ends), shape, place, span)

    def _reference(self, item: ast.Reference, place: Place, current: Current) -> Current:
        return self._value_of(item, place, current)

    def _aux(self, item: ast.Aux, place: Place, current: Current) -> Current:
        scope = self._scope("aux", "aux", item.span, place)
        return self._aside(item, Place(place.environment.inner(), scope), current)

    def _aside(self, item: ast.Aux, place: Place, current: Current) -> Current:
        """A training-only output from the current value, which passes by."""
        value = self._needed(current, place, item.span)
        around = place.scope.parent
        if around is not None and _home(around) is not self.graph.root:
            advice = "it belongs into the network itself, outside of blocks and groups"
            raise Rejected(say.misplaced("`aux`", "here", advice).at(item.span))
        matched = match("aux", ["weight"], item.arguments, {})
        weight: Any = 1.0
        if "weight" in matched:
            weight = self.evaluator(place, current).value(matched["weight"].value)
            if not is_number(weight) or weight < 0:
                problem = say.bad_value("aux", "weight", describe(weight), "a number of 0 or more")
                raise Rejected(problem.at(matched["weight"].span))
        end = self.run(item.body.items, place, value)
        if end is not None:
            self.graph.auxiliaries.append(Auxiliary(end.id, float(weight)))
        return value

    def _if(self, item: ast.If, place: Place, current: Current) -> Current:
        chosen: ast.Body | ast.If | None = item
        while isinstance(chosen, ast.If):
            evaluator = self.evaluator(place, current)
            chosen = chosen.then if evaluator.truth(chosen.condition) else chosen.otherwise
        if chosen is None:
            return current
        return self.run(chosen.items, Place(place.environment.inner(), place.scope), current)

    def _repeat(self, item: ast.Repeat, place: Place, current: Current) -> Current:
        kind = "dense" if item.dense else "repeat"
        scope = self._scope(kind, kind, item.span, place)
        return self._iterate(item, Place(place.environment, scope), current)

    def _iterate(self, item: ast.Repeat, place: Place, current: Current) -> Current:
        values = self._iterations(item, place, current)
        for number, value in enumerate(values):
            self._spend(item.span, place)
            environment = place.environment.inner()
            if item.value is not None:
                environment.set(item.value.id, value)
            if item.index is not None:
                environment.set(item.index.id, number if item.value else value)
            iteration = self._scope("iteration", "iteration", item.span, place)
            result = self.run(item.body.items, Place(environment, iteration), current)
            if result is None or current is None:
                return None  # the other iterations would fail alike
            current = self._link(item, iteration, current, result, place) if item.dense else result
        return current

    def _link(
        self, item: ast.Repeat, iteration: Scope, before: Node, result: Node, place: Place
    ) -> Node:
        """A dense link: what an iteration read, and behind it what it made."""
        read = merging.Branch(item.span, place.scope, before)
        made = merging.Branch(item.body.span, iteration, result)
        return self._join(Concat(), [read, made], place, item.body.span)

    def _iterations(self, item: ast.Repeat, place: Place, current: Current) -> Sequence[Any]:
        source = self.evaluator(place, current).value(item.source)
        count = source if is_int(source) else len(source) if isinstance(source, list) else None
        if count is None or (item.index is not None and not isinstance(source, list)):
            what = f"{describe(source)} cannot be repeated over"
            advice = "write `repeat 3`, `repeat i in range(3)` or `repeat i, n in list`"
            raise Rejected(say.cannot_compute(what, advice).at(item.source.span))
        if count < 0:
            problem = say.cannot_compute(f"{count} iterations are not possible", "use 0 or more")
            raise Rejected(problem.at(item.source.span))
        if count > MOST_NODES:
            problem = say_limit.too_many_repeats(count, MOST_NODES)
            raise Rejected(problem.at(item.source.span))
        return source if isinstance(source, list) else range(count)

    def _labelled(self, item: ast.Labelled, place: Place, current: Current) -> Current:
        label = self._label_text(item.label, place, current)
        entry = Label(None, None, item.span)
        self._register(label, entry, place.scope, item.label.span)
        result, entry.scope = self._item_with_label(item, label, place, current)
        entry.value = result
        return result

    def _item_with_label(
        self, item: ast.Labelled, label: str, place: Place, current: Current
    ) -> tuple[Current, Scope | None]:
        inner = item.item
        if isinstance(inner, ast.Invoke) and not inner.branches:
            callee = self.evaluator(place, current).value(inner.callee)
            if isinstance(callee, OpValue) and not callee.op.many:
                node = self._op(inner, callee, place, current)
                node.label = label
                return node, None
            if isinstance(callee, BlockValue) and not callee.definition.inline:
                known = len(place.scope.items)
                result = self._block(inner, callee, place, current, label)
                scope = place.scope.items[known] if len(place.scope.items) > known else None
                return result, scope if isinstance(scope, Scope) else None
        kind = "group"
        if isinstance(inner, ast.Repeat):
            kind = "dense" if inner.dense else "repeat"
        elif isinstance(inner, ast.Aux):
            kind = "aux"
        scope = self._scope(kind, kind, item.span, place, label)
        within = Place(place.environment, scope)
        if isinstance(inner, ast.Repeat):
            return self._iterate(inner, within, current), scope
        if isinstance(inner, ast.Aux):
            within = Place(place.environment.inner(), scope)
            return self._aside(inner, within, current), None
        if isinstance(inner, ast.Group):
            within = Place(place.environment.inner(), scope)
            return self.run(inner.body.items, within, current), scope
        return self._item(inner, within, current), scope

    def _block(
        self,
        item: ast.Invoke,
        callee: BlockValue,
        place: Place,
        current: Current,
        label: str | None,
    ) -> Current:
        definition = callee.definition
        arguments = self._bind_block(item, callee, place, current)
        environment = callee.environment.inner()
        for name, value in arguments.items():
            environment.set(name, value)
        self._spend(item.span, place)  # a call costs more than an op
        self.calls += 1
        if self.calls > MOST_CALLS:
            self._stop(say_limit.endless_recursion(str(callee), MOST_CALLS), item.span, place)
        kind = "inline" if definition.inline else "block"
        scope = self._scope(kind, str(callee), item.span, place, label)
        scope.doc, scope.arguments = definition.doc, arguments
        scope.defaults = self._constants(definition, callee.environment)
        first = len(self.graph.nodes)
        try:
            result = self.run(definition.body.items, Place(environment, scope), current)
        finally:
            self.calls -= 1
        if result is not None and result.id < first and not definition.inline:
            return self._add(
                Identity(), (result.id,), result.shape, Place(environment, scope), item.span
            )
        return result

    def _bind_block(
        self, item: ast.Invoke, callee: BlockValue, place: Place, current: Current
    ) -> dict[str, Any]:
        names = [parameter.name.id for parameter in callee.definition.parameters]
        matched = match(str(callee), names, item.arguments, callee.bound)
        evaluator = self.evaluator(place, current)
        given = {name: evaluator.value(argument.value) for name, argument in matched.items()}
        found = {**callee.bound, **given}
        environment = callee.environment.inner()
        inside = self.evaluator(Place(environment, place.scope), current)
        missing = []
        for parameter in callee.definition.parameters:
            name = parameter.name.id
            if name not in found:
                if parameter.default is None:
                    missing.append(name)
                    continue
                found[name] = inside.value(parameter.default)
            environment.set(name, found[name])
        if missing:
            where = callee.definition.name.span
            raise Rejected(say.missing_argument(str(callee), missing, where).at(item.span))
        return {name: found[name] for name in names}

    def _constants(self, definition: ast.Block, environment: Environment) -> dict[str, Any]:
        """The defaults that are the same at every call."""
        return {
            parameter.name.id: parameter.default.value
            for parameter in definition.parameters
            if isinstance(parameter.default, ast.Literal)
        }

    # -------------------------------------------------------------- labels

    def _label_text(self, template: ast.Template, place: Place, current: Current) -> str:
        text = self._template_text(template, place, current)
        why = why_reserved(text)
        if why:
            raise Rejected(say.reserved_name(text, why).at(template.span))
        return text

    def _template_text(self, template: ast.Template, place: Place, current: Current) -> str:
        evaluator = self.evaluator(place, current)
        words = []
        for part in template.parts:
            value = part if isinstance(part, str) else evaluator.value(part)
            if not isinstance(value, str) and not (is_int(value) and value >= 0):
                advice = "a label is made of letters, digits and `_`"
                problem = say.cannot_compute(f"{describe(value)} cannot be in a label", advice)
                raise Rejected(problem.at(template.span))
            words.append(str(value))
        text = "".join(words)
        if not text.replace("_", "a").isalnum() or not text.isascii() or len(text) > 200:
            advice = "a label is made of letters, digits and `_`"
            problem = say.cannot_compute(f"{describe(text)} is not a label", advice)
            raise Rejected(problem.at(template.span))
        return text

    def _register(self, name: str, label: Label, scope: Scope, span: Span) -> None:
        home = _home(scope)
        labels = self._labels.setdefault(home, {})
        if name in labels:
            where = home.title if home.kind in ("network", "block") else home.label
            before = labels[name].span
            problem = say.label_twice(name, f"`{where}`", before, before.start == label.span.start)
            raise Rejected(problem.at(span))
        labels[name] = label

    def _value_of(self, reference: ast.Reference, place: Place, current: Current) -> Node:
        words = [self._template_text(part, place, current) for part in reference.path]
        label = self._visible(words[0], place.scope)
        if label is None and len(words) == 1:
            bound = self._bound_value(words[0], place)
            if bound is not None:
                return bound
        for word in words[1:]:
            inner = self._labels.get(label.scope, {}) if label and label.scope else {}
            label = inner.get(word)
        if label is None:
            known = self._labels_seen(place.scope)
            problem = say.unknown_reference(".".join(words), known)
            raise Rejected(problem.at(reference.span))
        if label.value is None:
            raise Poisoned
        return label.value

    def _bound_value(self, name: str, place: Place) -> Current:
        """The value that a parameter or repeat variable holds; None where there is none."""
        try:
            value = place.environment.get(name)
        except KeyError:
            return None
        if value is POISON:
            raise Poisoned
        return value if isinstance(value, Node) else None

    def _visible(self, name: str, scope: Scope) -> Label | None:
        for around in scope.lineage():
            if name in self._labels.get(around, {}):
                return self._labels[around][name]
            if around.kind in CALLED:
                return None
        return None

    def _labels_seen(self, scope: Scope) -> list[str]:
        found: list[str] = []
        for around in scope.lineage():
            found += self._labels.get(around, {})
            if around.kind in CALLED:
                break
        return found

    # -------------------------------------------------------------- the graph

    def _scope(
        self, kind: str, title: str, span: Span, place: Place, label: str | None = None
    ) -> Scope:
        scope = Scope(kind, title, span, place.scope, label)
        place.scope.items.append(scope)
        return scope

    def _add(
        self, op: Op, inputs: tuple[int, ...], shape: tuple[int, ...], place: Place, span: Span
    ) -> Node:
        if len(self.graph.nodes) >= MOST_NODES:
            self._stop(say_limit.too_many_nodes(MOST_NODES), span, place)
        if volume(shape) > MOST_ELEMENTS:
            raise Rejected(say_shape.too_large(size(shape), MOST_ELEMENTS).at(span))
        return self.graph.add(op, inputs, shape, place.scope, span)


def set_default(item: ast.Default, environment: Environment, evaluator: Evaluator) -> None:
    """Puts default arguments of an op in force in an environment."""
    try:
        value = environment.get(item.op.id)
    except KeyError:
        problem = say.unknown_name(item.op.id, environment.known(), "op")
        raise Rejected(problem.at(item.op.span)) from None
    if not isinstance(value, OpValue):
        problem = say.not_a_layer(item.op.id, "not an op", "`default` sets arguments of an op")
        raise Rejected(problem.at(item.op.span))
    known = attributes(value.op)
    matched = match(value.op.word, list(known), item.arguments, {})
    given = tuple(
        Given(name, evaluator.argument(a.value, known[name].metadata["kind"]), a.span)
        for name, a in matched.items()
    )
    before = environment.defaults.get(item.op.id, ())
    environment.defaults = {**environment.defaults, item.op.id: before + given}


def _home(scope: Scope) -> Scope:
    """The scope whose labels an item's label joins."""
    while not opens(scope) and scope.parent is not None:
        scope = scope.parent
    return scope


def _not_a_layer(item: ast.Invoke, callee: Any) -> Any:
    text = item.callee.span.text
    if isinstance(callee, NetworkValue):
        problem = say.not_a_layer(text, "a network, not a layer", "make it a `block` to call it")
    else:
        problem = say.not_a_layer(
            text, f"{describe(callee)}, not a layer", "call an op or a block here"
        )
    return problem.at(item.callee.span)


__all__ = ["Elaborator", "Expectation", "Kind", "Place", "Stop", "set_default"]
