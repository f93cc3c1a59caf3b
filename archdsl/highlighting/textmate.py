"""A TextMate grammar, which VS Code, Sublime Text, JetBrains' IDEs and GitHub read."""

from __future__ import annotations

from typing import Any

from archdsl.highlighting.patterns import Pattern, patterns

SCOPES = {
    "comment": "comment.line.number-sign",
    "string": "string.quoted.double",
    "keyword": "keyword.control",
    "definition": "entity.name.type",
    "label": "entity.name.tag",
    "reference": "variable.other.reference",
    "size": "constant.numeric.size",
    "float": "constant.numeric.float",
    "integer": "constant.numeric.integer",
    "argument": "variable.parameter",
    "constant": "constant.language",
    "word operator": "keyword.operator.word",
    "function": "support.function",
    "op": "support.class.op",
    "name": "variable.other",
    "operator": "keyword.operator",
    "punctuation": "punctuation",
}


def grammar() -> dict[str, Any]:
    """Return the grammar as the data of its JSON file."""
    return {
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "name": "arch",
        "scopeName": "source.arch",
        "fileTypes": ["arch"],
        "patterns": [_entry(pattern) for pattern in patterns()],
    }


def _entry(pattern: Pattern) -> dict[str, Any]:
    whole, *groups = pattern.kinds
    if not groups:
        return {"match": pattern.regex, "name": _scope(whole)}
    named = {str(n): {"name": _scope(kind)} for n, kind in enumerate(groups, 1) if kind}
    return {"match": pattern.regex, "captures": named}


def _scope(kind: str) -> str:
    return f"{SCOPES[kind]}.arch"
