"""Run the LALR(1) automaton of the grammar over tokens, building values bottom-up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from keyword import iskeyword
from typing import Any

from archdsl.syntax.tables import Rule, Tables
from archdsl.syntax.tokens import END, Token


class UnexpectedToken(Exception):  # noqa: N818
    """Raised for a token that cannot follow the ones before.

    `possible` are the terminals that the automaton looks for at the place, `accepted` those that
    it would accept.
    """

    def __init__(self, token: Token, possible: set[str], accepted: set[str]) -> None:
        super().__init__(token)
        self.token, self.possible, self.accepted = token, possible, accepted


def run(tables: Tables, tokens: Iterator[Token], start: str, builders: Sequence[object]) -> Any:
    """Return the value of tokens that end with `END`, built by methods of the builders."""
    steps, goto, rules, chains = tables.steps, tables.goto, tables.rules, tables.chains
    build = [_method(rule, builders) for rule in rules]
    end = tables.ends[start]
    states = [tables.starts[start]]
    values: list[Any] = []
    for token in tokens:
        kind = token.kind
        while True:
            state = states[-1]
            step = steps[state].get(kind)
            if step is None:
                raise UnexpectedToken(token, *_expected(tables, states, end))
            if step >= 0:
                states.append(step)
                values.append(token)
                break
            rule = rules[~step]
            if rule.passes:
                key = states[-2], state, kind
                if key not in chains:
                    chains[key] = _end_of_chain(tables, *key)
                states[-1] = chains[key]
            else:
                children: list[Any] = []
                if rule.size:
                    children = values[-rule.size :]
                    del values[-rule.size :], states[-rule.size :]
                if rule.inlined:
                    children = _inline(children, rule)
                action = build[~step]
                single = rule.single and len(children) == 1
                values.append(
                    children[0] if single else children if action is None else action(children)
                )
                states.append(goto[states[-1]][rule.origin])
            if kind == END and states[-1] == end:
                return values[-1]
    raise AssertionError("tokens have an end")


def _method(rule: Rule, builders: Sequence[object]) -> Callable[[list[Any]], Any] | None:
    """The method that builds the value of a rule; None if it needs none."""
    if rule.action is None or (rule.single and rule.size == 1):
        return None
    name = f"{rule.action}_" if iskeyword(rule.action) else rule.action
    method: Callable[[list[Any]], Any]
    method = next(getattr(each, name) for each in builders if hasattr(each, name))
    return method


def _end_of_chain(tables: Tables, below: int, state: int, kind: str) -> int:
    """The state after all reductions that pass a value on, as from `sum` to `comparison`."""
    while True:
        step = tables.steps[state].get(kind)
        if step is None or step >= 0 or not tables.rules[~step].passes:
            return state
        state = tables.goto[below][tables.rules[~step].origin]
        if kind == END and state in tables.ends.values():
            return state


def _inline(children: list[Any], rule: Rule) -> list[Any]:
    """The children of a rule, with lists replaced by their items."""
    found: list[Any] = []
    for position, child in enumerate(children):
        if position not in rule.inlined:
            found.append(child)
        elif found:
            found += child
        else:
            found = child  # a repetition grows its own list, so it takes linear time
    return found


def _expected(tables: Tables, states: list[int], end: int) -> tuple[set[str], set[str]]:
    """The terminals that a state looks for, and those that lead to a shift or to the end."""
    possible = set(tables.steps[states[-1]])
    return possible, {kind for kind in possible if _accepts(tables, [*states], kind, end)}


def _accepts(tables: Tables, states: list[int], kind: str, end: int) -> bool:
    while True:
        step = tables.steps[states[-1]].get(kind)
        if step is None or step >= 0:
            return step is not None
        rule = tables.rules[~step]
        if rule.size:
            del states[-rule.size :]
        states.append(tables.goto[states[-1]][rule.origin])
        if kind == END and states[-1] == end:
            return True
