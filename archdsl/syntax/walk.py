"""Walks over a syntax tree."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from archdsl.diagnostics import Span

LEAVES = (str, int, float, Span, type(None))


def children(node: Any) -> Iterator[Any]:
    """The syntax nodes directly inside one."""
    for name in _fields(node.__class__):
        yield from _nodes_in(getattr(node, name))


@cache
def _fields(kind: Any) -> tuple[str, ...]:
    """The fields of a kind of node that can hold others."""
    return tuple(name for name in kind.__match_args__ if name != "span")


def _nodes_in(value: Any) -> Iterator[Any]:
    if type(value) is tuple:
        for part in value:
            yield from _nodes_in(part)
    elif not isinstance(value, LEAVES):
        yield value


def walk(node: Any) -> Iterator[Any]:
    """A syntax node and all inside it."""
    stack = list(_nodes_in(node))
    while stack:
        current = stack.pop()
        yield current
        stack += children(current)
