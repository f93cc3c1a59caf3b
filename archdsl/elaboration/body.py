"""Bodies to nodes: a value flows through the items of a body, and each adds to the graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from archdsl.diagnostics import (
    Poisoned,
    Rejected,
    label_errors,
    limit_errors,
    name_errors,
    network_errors,
    syntax_errors,
)
from archdsl.elaboration import branches, dividing, repeats
from archdsl.elaboration.arguments import build_op, describe
from archdsl.elaboration.calls import bind_block, constant_defaults
from archdsl.elaboration.environment import BlockValue, FunctionValue, NetworkValue, OpValue
from archdsl.elaboration.references import Label
from archdsl.elaboration.stage import Current, Place, Stage
from archdsl.elaboration.statements import Statements
from archdsl.ir import Node, Scope
from archdsl.ops import Op
from archdsl.ops.formulas import Formulas
from archdsl.syntax import ast

MOST_CALLS = 100
NO_LAYER = (ast.Let, ast.Default, ast.Expect, ast.If)  # what an `if` holds counts for itself
MOST_DEPTH = 1500  # items inside items, through all calls: keeps Python's own stack bounded


@dataclass
class Elaborator:
    """The elaboration of one graph; mistakes go to the sink and poison what depends on them."""

    stage: Stage
    statements: Statements
    layers: int = 0  # items that have run and are more than statements and conditions
    calls: int = 0
    depth: int = 0

    def run(self, items: Sequence[ast.Item], place: Place, current: Current) -> Current:
        """The value that flows out of a body, given the one that flows in."""
        for position, item in enumerate(items):
            following = items[position + 1] if position + 1 < len(items) else None
            if isinstance(item, ast.Reference) and isinstance(following, ast.Reference):
                name = item.span.text.removeprefix("@")
                self.stage.report(label_errors.unused_reference(name), item.span, place)
            current = self.item(item, place, current)
        return current

    def item(self, item: ast.Item, place: Place, current: Current) -> Current:
        """The value after an item; a mistake is reported and makes it unknown."""
        self.stage.spend(item.span, place)
        self.layers += not isinstance(item, NO_LAYER)
        self.depth += 1
        if self.depth > MOST_DEPTH:
            self.stage.stop(syntax_errors.nested_too_deep(MOST_DEPTH), item.span, place)
        try:
            return self._kind_of_item(item, place, current)
        except (Rejected, Poisoned) as mistake:
            unknown = self.stage.unknown(mistake, item.span, place)
        finally:
            self.depth -= 1
        if isinstance(item, ast.Let):
            place.environment.names[item.name.id] = unknown
        return current if isinstance(item, (ast.Let, ast.Default, ast.Expect)) else unknown

    def _kind_of_item(self, item: ast.Item, place: Place, current: Current) -> Current:
        match item:
            case ast.Invoke():
                return self._invoke(item, place, current)
            case ast.Labelled():
                return self._labelled(item, place, current)
            case ast.Skip():
                return branches.skip(self, item, place, current)
            case ast.If():
                return branches.condition(self, item, place, current)
            case ast.Repeat():
                return repeats.repeat(self, item, place, current)
            case ast.Split():
                return dividing.divide(self, item, place, current)[0]
            case ast.Aux():
                return branches.aux(self, item, place, current)
            case ast.Reference():
                return self.stage.value_of(item, place, current)
            case ast.Let():
                return self.statements.let(item, place, current)
            case ast.Default():
                return self.statements.default(item, place, current)
            case ast.Expect():
                return self.statements.expect(item, place, current)
            case ast.Input():
                return self.statements.input(item, place, current)
            case ast.Output():
                return self.statements.output(item, place, current)
            case _:
                assert_never(item)

    # -------------------------------------------------------------- layers

    def _invoke(self, item: ast.Invoke, place: Place, current: Current) -> Current:
        callee = self.stage.evaluator(place, current).callee(item.callee)
        if isinstance(callee, OpValue) and callee.op.many:
            return branches.merge(self, item, callee, place, current)
        if item.branches:
            raise Rejected(network_errors.takes_no_branches(str(callee)).at(item.branches[0].span))
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
            problem = name_errors.not_a_layer(item.callee.span.text, "a value, not a layer", advice)
            raise Rejected(problem.at(item.span))
        return value

    def _op(self, item: ast.Invoke, callee: OpValue, place: Place, current: Current) -> Node:
        op, formulas = self.build(item, callee, place, current)
        value = self.stage.needed(current, place, item.span)
        shape = op.infer((value.shape,))
        node = self.stage.add(op, (value.id,), shape, place, item.span, formulas)
        if isinstance(item.callee, ast.Name) and not item.arguments:
            node.callee = place.environment.formula(item.callee.id)
        return node

    def build(
        self, item: ast.Invoke, callee: OpValue, place: Place, current: Current
    ) -> tuple[Op, Formulas]:
        """The op that a call means, with the defaults in force, and its formulas."""
        defaults = place.environment.defaults.get(callee.op.word, ())
        bound = {given.name or "": given for given in (*defaults, *callee.bound)}
        evaluator = self.stage.evaluator(place, current)
        axes = self.stage.axes(current)
        read = evaluator.argument
        return build_op(callee.op, item.span, item.arguments, bound, read, axes)

    def _labelled(self, item: ast.Labelled, place: Place, current: Current) -> Current:
        label = self.stage.label_text(item.label, place, current)
        entry = Label(None, None, item.span)
        self.stage.labels.register(label, entry, place.scope, item.label.span)
        try:
            result, scope = self._item_with_label(item, label, place, current)
            value = self.stage.needed(result, place, item.span)
        except (Rejected, Poisoned) as mistake:
            entry.value = self.stage.unknown(mistake, item.span, place)
            return entry.value
        if scope is not None and scope.kind != "towers":  # they meet outside of it
            value = self.stage.ending(value, scope, item.span)
        entry.value, entry.scope = value, scope
        return value

    def _item_with_label(
        self, item: ast.Labelled, label: str, place: Place, current: Current
    ) -> tuple[Current, Scope | None]:
        inner = item.item
        if isinstance(inner, ast.Invoke) and not inner.branches:
            callee = self.stage.evaluator(place, current).callee(inner.callee)
            if isinstance(callee, OpValue) and not callee.op.many:
                node = self._op(inner, callee, place, current)
                node.label = label
                return node, None
            if isinstance(callee, BlockValue) and not callee.definition.inline:
                known = len(place.scope.items)
                result = self._block(inner, callee, place, current, label)
                scope = place.scope.items[known] if len(place.scope.items) > known else None
                return result, scope if isinstance(scope, Scope) else None
        if isinstance(inner, ast.Split):
            return dividing.divide(self, inner, place, current, label)
        kind = "group"
        if isinstance(inner, ast.Repeat):
            kind = "dense" if inner.dense else "repeat"
        elif isinstance(inner, ast.Aux):
            kind = "aux"
        scope = self.stage.open_scope(kind, kind, item.span, place, label)
        within = Place(place.environment, scope)
        if isinstance(inner, ast.Repeat):
            return repeats.iterate(self, inner, within, current), scope
        if isinstance(inner, ast.Aux):
            within = Place(place.environment.inner(), scope)
            return branches.aside(self, inner, within, current), None
        if isinstance(inner, ast.Group):
            within = Place(place.environment.inner(), scope)
            return self.run(inner.body.items, within, current), scope
        return self.item(inner, within, current), scope

    def _block(
        self,
        item: ast.Invoke,
        callee: BlockValue,
        place: Place,
        current: Current,
        label: str | None,
    ) -> Current:
        definition = callee.definition
        key = object()
        binding = bind_block(
            item,
            callee,
            self.stage.evaluator(place, current),
            lambda environment: self.stage.evaluator(Place(environment, place.scope), current),
            key,
        )
        environment = callee.environment.inner()
        self.stage.spend(item.span, place)  # a call costs more than an op
        self.calls += 1
        if self.calls > MOST_CALLS:
            around = [scope.title for scope in place.scope.lineage()]
            recursive = str(callee) in around
            say_deep = limit_errors.endless_recursion if recursive else limit_errors.calls_too_deep
            self.stage.stop(say_deep(str(callee), MOST_CALLS), item.span, place)
        kind = "inline" if definition.inline else "block"
        scope = self.stage.open_scope(kind, str(callee), item.span, place, label)
        scope.key, scope.computed, scope.flags = key, binding.computed, binding.flags
        if definition.inline:
            environment.names.update(binding.values)
            environment.formulas.update(binding.flags)
        else:
            environment.bind(binding.values, scope.key)
        scope.doc, scope.arguments = definition.doc, binding.values
        scope.defaults = constant_defaults(definition)
        try:
            result = self.run(definition.body.items, Place(environment, scope), current)
        finally:
            self.calls -= 1
        if isinstance(result, Node) and not definition.inline:
            return self.stage.ending(result, scope, item.span)
        return result


def _not_a_layer(item: ast.Invoke, callee: Any) -> Any:
    text = item.callee.span.text
    if isinstance(callee, NetworkValue):
        problem = name_errors.not_a_layer(
            text, "a network, not a layer", "make it a `block` to call it"
        )
    elif isinstance(callee, FunctionValue):
        problem = name_errors.not_a_layer(
            text, "a function, not a layer", "functions compute values; layers are in a `block`"
        )
    else:
        problem = name_errors.not_a_layer(
            text, f"{describe(callee)}, not a layer", "call an op or a block here"
        )
    return problem.at(item.callee.span)
