"""Statements of a body: they name, default, expect, and mark where values enter and leave."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from archdsl.diagnostics import Rejected, Span, name_errors, network_errors
from archdsl.elaboration.arguments import attributes, describe, match_attributes
from archdsl.elaboration.environment import Environment, FunctionValue, Given, OpValue
from archdsl.elaboration.expressions import Evaluator
from archdsl.elaboration.input_sizes import input_shape
from archdsl.elaboration.placement import check_place
from archdsl.elaboration.references import Label
from archdsl.elaboration.stage import Current, Place, Stage
from archdsl.ir import Node
from archdsl.ops.formulas import Fixed, apply, formula_of, plain, traced
from archdsl.ops.shape import Input
from archdsl.syntax import ast


@dataclass
class Expectation:
    """An `expect` line of a network, evaluated when the graph is complete."""

    condition: ast.Expr
    environment: Environment


@dataclass
class Statements:
    """The items that make no layer."""

    stage: Stage
    expectations: list[Expectation] = field(default_factory=list)
    _unnamed_input: Span | None = None
    _returned: set[str] = field(default_factory=set)  # the names of outputs

    def let(self, item: ast.Let, place: Place, current: Current) -> Current:
        """Name a value."""
        evaluator = self.stage.evaluator(place, current)
        if item.parameters is not None:
            place.environment.set(item.name, FunctionValue(item, place.environment))
            return current
        value = evaluator.value(item.value)
        if isinstance(value, bool):
            place.environment.formulas[item.name.id] = evaluator.formula(item.value)
        elif not isinstance(formula_of(value), Fixed):
            named = (formula_of(value), Fixed(item.name.id))
            value = traced(value, apply("let", named, plain(value)))
        place.environment.set(item.name, value)
        return current

    def default(self, item: ast.Default, place: Place, current: Current) -> Current:
        """Put default arguments in force."""
        set_default(item, place.environment, self.stage.evaluator(place, current))
        return current

    def expect(self, item: ast.Expect, place: Place, current: Current) -> Current:
        """Note a fact, which is checked when the graph is complete."""
        check_place("expect", place.kinds())
        self.expectations.append(Expectation(item.condition, place.environment))
        return current

    def input(self, item: ast.Input, place: Place, current: Current) -> Current:
        """Add an input."""
        check_place("input", place.kinds())
        if item.name is None:
            if self._unnamed_input is not None:
                problem = network_errors.second_input(self.stage.graph.name, self._unnamed_input)
                raise Rejected(problem.at(item.span))
            self._unnamed_input = item.span
        name = item.name.id if item.name else "input"
        written: Any = self.stage.evaluator(place, current).value(item.size)
        try:
            shape = input_shape(written, self.stage.input_shapes.get(name))
        except Rejected as rejected:
            raise Rejected(rejected.diagnostic.at(item.size.span)) from None
        node = self.stage.add(Input(tuple(shape)), (), tuple(shape), place, item.span)
        self.stage.graph.inputs.append(node.id)
        if item.name:
            node.label = name
            self.stage.labels.register(
                name, Label(node, None, item.span), place.scope, item.name.span
            )
        return node

    def output(self, item: ast.Output, place: Place, current: Current) -> Current:
        """Note which values the network returns."""
        check_place("output", place.kinds())
        for expression in item.values:
            value = self.stage.evaluator(place, current).value(expression)
            if not isinstance(value, Node):
                advice = "name earlier labels: `output @c3, @c4`"
                problem = name_errors.cannot_compute(f"{describe(value)} is not a value", advice)
                raise Rejected(problem.at(expression.span))
            name = self._output_name(expression, place, current)
            if name in self._returned:
                raise Rejected(network_errors.output_twice(name).at(expression.span))
            self._returned.add(name)
            self.stage.graph.add_output(value, name)
        return current

    def _output_name(self, expression: ast.Expr, place: Place, current: Current) -> str:
        """The label under which a value is returned: the last word of its reference."""
        if isinstance(expression, ast.Reference):
            return self.stage.template_text(expression.path[-1], place, current)
        if isinstance(expression, ast.Name):
            return expression.id
        problem = name_errors.cannot_compute(
            "this output has no name", "label it: `output @c3, @c4`"
        )
        raise Rejected(problem.at(expression.span))


def set_default(item: ast.Default, environment: Environment, evaluator: Evaluator) -> None:
    """Put default arguments of an op in force in an environment."""
    try:
        value = environment.callee(item.op.id)
    except KeyError:
        problem = name_errors.unknown_name(item.op.id, environment.known(), "op")
        raise Rejected(problem.at(item.op.span)) from None
    if not isinstance(value, OpValue):
        problem = name_errors.not_a_layer(
            item.op.id, "not an op", "`default` sets arguments of an op"
        )
        raise Rejected(problem.at(item.op.span))
    known = attributes(value.op)
    matched = match_attributes(value.op, item.arguments, {})
    given = tuple(
        Given(name, evaluator.argument(a.value, known[name].metadata["kind"]), a.span)
        for name, a in matched.items()
    )
    before = environment.defaults.get(item.op.id, ())
    environment.defaults = {**environment.defaults, item.op.id: before + given}
