"""The services that every item of a body uses: the graph, its limits, expressions and labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from archdsl.diagnostics import (
    Diagnostic,
    Poisoned,
    Rejected,
    Reported,
    Sink,
    Span,
    label_errors,
    limit_errors,
    name_errors,
    network_errors,
    shape_errors,
)
from archdsl.elaboration.arguments import describe
from archdsl.elaboration.environment import Environment
from archdsl.elaboration.expressions import Evaluator
from archdsl.elaboration.naming import why_reserved
from archdsl.elaboration.references import Labels
from archdsl.ir import Graph, Node, Scope, frames
from archdsl.ops import Op, size
from archdsl.ops.base import volume
from archdsl.ops.formulas import Extent, Fixed, Formula, Formulas, apply, formulas_in, traced
from archdsl.ops.shape import Identity
from archdsl.ops.values import IMAGE_AXES, Size, is_int
from archdsl.records import record
from archdsl.syntax import ast

if TYPE_CHECKING:
    from archdsl.elaboration.environment import OpValue

MOST_NODES = 400_000
MOST_ELEMENTS = 2**40
# The axes of a value by their names; those of an image are counted from the end.
FLOW = {"channels": 0, "height": -2, "width": -1}

Current = Node | Reported | None  # None: nothing has flown in yet


class Stop(Exception):  # noqa: N818
    """Ends the elaboration of a network after a mistake that would only repeat itself."""

    def __init__(self, reported: Reported) -> None:
        super().__init__(reported.diagnostic.message)
        self.reported = reported


def known(value: Node | Reported) -> Node:
    """A value; `Poisoned` where it is unknown."""
    if isinstance(value, Reported):
        raise Poisoned(value)
    return value


@record
class Place:
    """The place of an item: what its names mean, and the scope that it adds to.

    `conditions` are those inside the scope by whose outcomes the item is there.
    """

    environment: Environment
    scope: Scope
    conditions: tuple[Formula, ...] = ()

    def inner(self) -> Place:
        """The same place, with names of its own."""
        return Place(self.environment.inner(), self.scope, self.conditions)

    def under(self, condition: Formula) -> Place:
        """The same place, for what is there by the outcome of a condition."""
        if isinstance(condition, Fixed):
            return self
        return Place(self.environment, self.scope, (*self.conditions, condition))

    def kinds(self) -> Iterator[str]:
        """The kinds of the scopes around, from the inside out."""
        return (scope.kind for scope in self.scope.lineage())


@dataclass
class Stage:
    """One network on its way to a graph; mistakes go to the sink."""

    graph: Graph
    sink: Sink
    input_shapes: Mapping[str, Size] = field(default_factory=dict)  # instead of the written ones
    labels: Labels = field(default_factory=Labels)
    asked: set[int] = field(default_factory=set)  # values whose height or width the text uses
    failure: Reported | None = None  # the last mistake; the graph is not whole
    passed: list[Node] = field(default_factory=list)  # concats that a split looked through
    _without_input: Reported | None = None

    # -------------------------------------------------------------- limits

    def spend(self, span: Span, place: Place) -> None:
        """Count one step of work; end the elaboration when there were too many."""
        try:
            place.environment.meter.spend(1, span)
        except Rejected as rejected:
            self.stop(rejected.diagnostic, span, place)

    def stop(self, problem: Diagnostic, span: Span, place: Place) -> NoReturn:
        """Report a mistake that would only repeat itself, and end the elaboration."""
        raise Stop(self.report(problem, span, place))

    def report(self, problem: Diagnostic, span: Span, place: Place) -> Reported:
        """Put a mistake of this network into the sink, at its own place or else at `span`."""
        self.failure = self.sink.add(problem.at(problem.span or span, frames(place.scope)))
        return self.failure

    def unknown(self, mistake: Rejected | Poisoned, span: Span, place: Place) -> Reported:
        """Report the mistake of an item; return the report as the item's value."""
        if isinstance(mistake, Rejected):
            return self.report(mistake.diagnostic, span, place)
        self.failure = mistake.reported
        return mistake.reported

    # -------------------------------------------------------------- expressions

    def evaluator(self, place: Place, current: Current) -> Evaluator:
        """Expressions as they read at a place."""
        return Evaluator(
            place.environment,
            flow=lambda flow: self._flow(flow, place, current),
            reference=lambda reference: self.value_of(reference, place, current),
        )

    def _flow(self, flow: ast.Flow, place: Place, current: Current) -> int:
        value = self.needed(current, place, flow.span)
        if flow.fact not in FLOW:
            advice = "the current value's are `in.channels`, `in.height`, `in.width`"
            problem = name_errors.cannot_compute(f"`in.{flow.fact}` is not known", advice)
            raise Rejected(problem.at(flow.span))
        axis = FLOW[flow.fact] and len(value.shape) + FLOW[flow.fact]
        if FLOW[flow.fact] and axis < 1:
            problem = shape_errors.needs_image(f"in.{flow.fact}", value.shape)
            raise Rejected(problem.at(flow.span))
        if axis:
            self.asked.add(value.id)
        length: int = traced(value.shape[axis], Extent(value, axis, value.shape[axis]))
        return length

    def needed(self, current: Current, place: Place, span: Span) -> Node:
        """The current value; `Poisoned` when it is unknown, or there is none yet."""
        if current is None:
            if self._without_input is None:
                self._without_input = self.report(
                    network_errors.no_input(self.graph.name), span, place
                )
            current = self._without_input
        return known(current)

    def axes(self, current: Current) -> int:
        """The axes of the current value; of a flat or unknown one, those of the network's input."""
        flat = not isinstance(current, Node) or len(current.shape) == 1
        inputs = [self.graph.nodes[number] for number in self.graph.inputs]
        source = next(iter(inputs), None) if flat else current
        known = len(source.shape) - 1 if isinstance(source, Node) else 0
        return known or IMAGE_AXES

    def decide(self, formula: Formula, place: Place) -> None:
        """Note that the text chose by a condition what the network holds."""
        if not isinstance(formula, Fixed):
            place.scope.decisions.append(formula)

    def decide_value(self, value: Any, place: Place) -> None:
        """Note that what the network holds follows from a number."""
        for formula in formulas_in(value):
            self.decide(apply("==", (formula, Fixed(formula.value)), True), place)

    # -------------------------------------------------------------- labels

    def label_text(self, template: ast.Template, place: Place, current: Current) -> str:
        """The text of a label; `Rejected` if PyTorch cannot have a module of this name."""
        text = self.template_text(template, place, current)
        why = why_reserved(text)
        if why:
            raise Rejected(name_errors.reserved_name(text, why).at(template.span))
        return text

    def template_text(self, template: ast.Template, place: Place, current: Current) -> str:
        """The text of a label or of a part of a reference, its expressions computed."""
        evaluator = self.evaluator(place, current)
        words = []
        for part in template.parts:
            value = part if isinstance(part, str) else evaluator.value(part)
            if not isinstance(value, str) and not (is_int(value) and value >= 0):
                advice = "a label is made of letters, digits and `_`"
                problem = name_errors.cannot_compute(
                    f"{describe(value)} cannot be in a label", advice
                )
                raise Rejected(problem.at(template.span))
            self.decide_value(value, place)
            words.append(str(value))
        text = "".join(words)
        if not text.replace("_", "a").isalnum() or not text.isascii() or len(text) > 200:
            advice = "a label is made of letters, digits and `_`"
            problem = name_errors.cannot_compute(f"{describe(text)} is not a label", advice)
            raise Rejected(problem.at(template.span))
        return text

    def value_of(self, reference: ast.Reference, place: Place, current: Current) -> Node:
        """The value that a reference names."""
        words = [self.template_text(part, place, current) for part in reference.path]
        label = self.labels.find(words, place.scope)
        if label is None:
            value = self._bound_value(words[0], place) if len(words) == 1 else None
            if value is None:
                raise Rejected(self._unknown_reference(words, place).at(reference.span))
            return value
        if label.value is None:
            raise Rejected(
                label_errors.inside_itself(".".join(words), label.span).at(reference.span)
            )
        return known(label.value)

    def _unknown_reference(self, words: list[str], place: Place) -> Diagnostic:
        around = self.labels.find(words[:1], place.scope) if len(words) > 1 else None
        if around is not None and around.scope is not None:
            if around.scope.kind in ("repeat", "dense"):
                count = sum(name.isdigit() for name in self.labels.inside(around.scope))
                return label_errors.no_such_iteration(words[0], words[1], ".".join(words), count)
            inner = [f"{words[0]}.{name}" for name in self.labels.inside(around.scope)]
            return label_errors.unknown_reference(".".join(words), inner, inside=words[0])
        return label_errors.unknown_reference(".".join(words), self.labels.seen_from(place.scope))

    def _bound_value(self, name: str, place: Place) -> Node | None:
        """The value that a parameter or repeat variable holds; None where there is none."""
        try:
            value = place.environment.get(name)
        except KeyError:
            return None
        if isinstance(value, Reported):
            raise Poisoned(value)
        return value if isinstance(value, Node) else None

    # -------------------------------------------------------------- the graph

    def open_scope(
        self, kind: str, title: str, span: Span, place: Place, label: str | None = None
    ) -> Scope:
        """Add a scope to that of a place."""
        scope = Scope(kind, title, span, place.scope, label, conditions=place.conditions)
        place.scope.items.append(scope)
        return scope

    def ending(self, value: Node, scope: Scope, span: Span) -> Node:
        """The value of a level as the last node that it holds: an identity, unless it is already.

        So a level is never empty, and its facts and its module's result are those of its value.
        """
        if self.graph.output_of(scope) is value:
            return value
        return self.graph.add(Identity(), (value.id,), value.shape, scope, span, {})

    def add(
        self,
        op: Op,
        inputs: tuple[int, ...],
        shape: tuple[int, ...],
        place: Place,
        span: Span,
        formulas: Formulas | None = None,
    ) -> Node:
        """Add a node to the scope of a place; end the elaboration when there are too many."""
        if len(self.graph.nodes) >= MOST_NODES:
            self.stop(limit_errors.too_many_nodes(MOST_NODES), span, place)
        if volume(shape) > MOST_ELEMENTS:
            raise Rejected(shape_errors.too_large(size(shape), MOST_ELEMENTS).at(span))
        node = self.graph.add(op, inputs, shape, place.scope, span, formulas or {})
        node.conditions = place.conditions
        return node


class Runner(Protocol):
    """The elaborator as items that hold bodies use it: it runs bodies and items.

    `layers` counts the items that have run and are more than statements and conditions.
    """

    stage: Stage
    layers: int

    def run(self, items: Sequence[ast.Item], place: Place, current: Current) -> Current:
        """The value that flows out of a body, given the one that flows in."""

    def item(self, item: ast.Item, place: Place, current: Current) -> Current:
        """The value after an item, given the one before."""

    def build(
        self, item: ast.Invoke, callee: OpValue, place: Place, current: Current
    ) -> tuple[Op, Formulas]:
        """The op that a call means, with the defaults in force, and its formulas."""
