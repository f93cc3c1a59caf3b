"""Walks over a syntax tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from archdsl.diagnostics import Span

LEAVES = (str, int, float, Span, type(None))


def children(node: Any) -> list[Any]:
    """The syntax nodes directly inside one."""
    found: list[Any] = []
    _add_nodes([getattr(node, name) for name in _fields(node.__class__)], found)
    return found


@cache
def _fields(kind: Any) -> tuple[str, ...]:
    """The fields of a kind of node that can hold others."""
    return tuple(name for name in kind.__match_args__ if name != "span")


def _add_nodes(values: Iterable[Any], found: list[Any]) -> None:
    """Add the nodes among values and inside tuples. No generator: it runs for each node."""
    for value in values:
        if type(value) is tuple:
            _add_nodes(value, found)
        elif not isinstance(value, LEAVES):
            found.append(value)


def walk(node: Any) -> Iterator[Any]:
    """A syntax node and all inside it."""
    stack: list[Any] = []
    _add_nodes((node,), stack)
    while stack:
        current = stack.pop()
        yield current
        stack += children(current)
