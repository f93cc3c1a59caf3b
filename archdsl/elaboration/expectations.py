"""`expect` lines: facts that the author states, held against those of the graph."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from typing import Any

from archdsl.diagnostics import Poisoned, Rejected, Reported, Sink, expectation_errors
from archdsl.elaboration.arguments import describe
from archdsl.elaboration.environment import Environment
from archdsl.elaboration.expressions import Evaluator
from archdsl.syntax import ast
from archdsl.syntax.walk import walk

Facts = Callable[[str, str], Any]  # (path, fact) -> value; raises Rejected, KeyError: no such path
NODES_A_STEP = 2


def check_expectation(
    condition: ast.Expr,
    environment: Environment,
    own: Facts | None,
    networks: Mapping[str, Facts | Reported],
    sink: Sink,
    nodes: int = 0,
    own_names: Container[str] = (),
) -> None:
    """Report a fact that does not hold.

    `own` answers for the network around the line, `networks` for those of the file by name; one
    with mistakes is unknown, and adds no message. `nodes` is the size of their graphs:
    each fact costs a walk through them. `own_names` are those of the facts of `own`: a parameter or
    constant of such a name makes the line ambiguous, and is reported.
    """
    for name in _bare_names(condition):
        if name.id in own_names and name.id in environment:
            sink.add(expectation_errors.ambiguous_fact(name.id).at(name.span))
            return
    seen: dict[str, Any] = {}

    def fact(expression: ast.Expr) -> Any:
        words = _words(expression)
        facts = environment.names.get(words[0])
        if not isinstance(facts, Reported):
            facts = networks.get(words[0])
            facts, words = (facts, words[1:]) if facts else (own, words)
        if isinstance(facts, Reported):
            raise Poisoned(facts)
        if facts is None or not words:
            known = list(environment.networks())
            problem = expectation_errors.fact_of_no_network(words[0] if words else "", known)
            raise Rejected(problem.at(expression.span))
        environment.meter.spend(1 + nodes // NODES_A_STEP, expression.span)
        try:
            value = facts(".".join(words[:-1]), words[-1])
        except Rejected as rejected:
            raise Rejected(rejected.diagnostic.at(expression.span)) from None
        seen[expression.span.text] = value
        return value

    try:
        value = Evaluator(environment, fact=fact).value(condition)
    except Rejected as rejected:
        sink.add(rejected.diagnostic)
        return
    except Poisoned:
        return
    if not isinstance(value, bool):
        sink.add(expectation_errors.not_a_fact(describe(value)).at(condition.span))
    elif not value:
        found = [(name, _shown(value)) for name, value in seen.items()]
        sink.add(expectation_errors.does_not_hold(condition.span.text, found).at(condition.span))


def _words(expression: ast.Expr) -> list[str]:
    if isinstance(expression, ast.Attribute):
        return [*_words(expression.operand), *expression.name.split(".")]
    if isinstance(expression, ast.Name):
        return [expression.id]
    raise Rejected(
        expectation_errors.fact_of_an_expression(expression.span.text).at(expression.span)
    )


def _bare_names(condition: ast.Expr) -> Iterator[ast.Name]:
    """The names in a condition except those that begin a path, as `stem` in `stem.out`."""
    paths = {id(node.operand) for node in walk(condition) if isinstance(node, ast.Attribute)}
    for node in walk(condition):
        if isinstance(node, ast.Name) and id(node) not in paths:
            yield node


def _shown(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def networks_named(condition: ast.Expr, known: Mapping[str, Any]) -> list[str]:
    """The networks that a top-level expectation speaks of."""
    return [node.id for node in walk(condition) if isinstance(node, ast.Name) and node.id in known]
