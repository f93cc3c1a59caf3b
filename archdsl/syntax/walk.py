"""Walk a syntax tree without naming its nodes: for questions about every name or reference.

What a node means is decided where it is matched, by `match` with `assert_never`: mypy reports
each place that does not have a new form of the grammar.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from archdsl.syntax import ast

WORD = re.compile(r"\w+")
NO_NODES = {"Span", "str", "int", "float", "bool", "None", "tuple"}


def children(node: ast.Node) -> list[ast.Node]:
    """The syntax nodes directly inside one."""
    found: list[ast.Node] = []
    kind: Any = node.__class__
    for name in _fields(kind):
        _add_nodes(getattr(node, name), found)
    return found


@cache
def _fields(kind: Any) -> tuple[str, ...]:
    """The fields of a kind of node that can hold others."""
    types = {name: set(WORD.findall(text)) for name, text in kind.__annotations__.items()}
    return tuple(name for name in kind.__match_args__ if types[name] - NO_NODES)


def _add_nodes(value: Any, found: list[ast.Node]) -> None:
    """Add a node, or those inside tuples. No generator: it runs for each node."""
    if value.__class__ is tuple:
        for each in value:
            _add_nodes(each, found)
    elif value is not None and value.__class__ is not str:
        found.append(value)


def walk(node: ast.Node | tuple[ast.Node, ...] | None) -> Iterator[ast.Node]:
    """A syntax node, or several, and all inside."""
    stack: list[ast.Node] = []
    _add_nodes(node, stack)
    while stack:
        current = stack.pop()
        yield current
        stack += children(current)
