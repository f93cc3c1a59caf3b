"""Walk a syntax tree without naming its nodes: for questions about every name or reference.

What a node means is decided where it is matched, by `match` with `assert_never`: mypy reports
each place that does not have a new form of the grammar.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from archdsl.diagnostics import Span
from archdsl.syntax import ast

LEAVES = (str, int, float, Span, type(None))


def children(node: ast.Node) -> list[ast.Node]:
    """The syntax nodes directly inside one."""
    found: list[ast.Node] = []
    kind: Any = node.__class__
    _add_nodes([getattr(node, name) for name in _fields(kind)], found)
    return found


@cache
def _fields(kind: Any) -> tuple[str, ...]:
    """The fields of a kind of node that can hold others."""
    return tuple(name for name in kind.__match_args__ if name != "span")


def _add_nodes(values: Iterable[Any], found: list[ast.Node]) -> None:
    """Add the nodes among values and inside tuples. No generator: it runs for each node."""
    for value in values:
        if type(value) is tuple:
            _add_nodes(value, found)
        elif not isinstance(value, LEAVES):
            found.append(value)


def walk(node: ast.Node | tuple[ast.Node, ...] | None) -> Iterator[ast.Node]:
    """A syntax node, or several, and all inside."""
    stack: list[ast.Node] = []
    _add_nodes((node,), stack)
    while stack:
        current = stack.pop()
        yield current
        stack += children(current)
