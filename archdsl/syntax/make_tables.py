"""Make the parser's tables from the grammar, by Lark. Imported only if none are cached."""

from __future__ import annotations

import re
from typing import Any

from lark import Lark
from lark.grammar import Rule, Symbol

STARTS = ("start", "expr")


def make_tables(grammar: str) -> dict[str, Any]:
    """Return the fields of `Tables` as data for JSON."""
    made = Lark(grammar, parser="lalr", lexer="basic", start=list(STARTS), keep_all_tokens=True)
    parser: Any = made.parser
    automaton = parser.parser._parse_table  # Lark has no public access to its tables
    states: dict[int, dict[str, tuple[Any, Any]]] = automaton.states
    number = {state: position for position, state in enumerate(states)}
    rules = {rule: position for position, rule in enumerate(made.rules)}
    steps: list[dict[str, int]] = []
    goto: list[dict[str, int]] = []
    for row in states.values():
        steps.append({})
        goto.append({})
        for name, (action, target) in row.items():
            if name.isupper() or name == "$END":
                shifts = action.name == "Shift"
                steps[-1][name] = number[target] if shifts else ~rules[target]
            else:
                goto[-1][name] = number[target]
    return {
        **_lexer(parser.lexer.terminals, parser.lexer.ignore_types),
        "rules": [_rule(rule) for rule in made.rules],
        "steps": steps,
        "goto": goto,
        "starts": {name: number[state] for name, state in automaton.start_states.items()},
        "ends": {name: number[state] for name, state in automaton.end_states.items()},
    }


def _rule(rule: Rule) -> list[Any]:
    """The fields of `tables.Rule`. As in Lark, an underscore before a name inlines its children."""
    origin = str(rule.origin.name)
    inlined = [place for place, symbol in enumerate(rule.expansion) if _is_inlined(symbol)]
    action = None if origin.startswith("_") else rule.alias or origin
    single = bool(rule.options.expand1) and rule.alias is None
    return [origin, len(rule.expansion), action, single, inlined]


def _is_inlined(symbol: Symbol) -> bool:
    return not symbol.is_term and symbol.name.startswith("_")


def _lexer(terminals: list[Any], ignored: Any) -> dict[str, Any]:
    """The terminals, in the order in which Lark tries them."""
    words = {t.name: t.pattern.value for t in terminals if t.pattern.type == "str"}
    names = next(t.pattern.to_regexp() for t in terminals if t.name == "NAME")
    keywords = {word: name for name, word in words.items() if re.fullmatch(names, word)}
    parts = (
        f"(?P<{t.name}>{t.pattern.to_regexp()})"
        for t in terminals
        if t.name not in keywords.values()
    )
    return {
        "pattern": "|".join(parts),
        "words": words,
        "keywords": keywords,
        "ignored": sorted(ignored),
    }
