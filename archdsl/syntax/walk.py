"""Walks over a syntax tree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import is_dataclass
from typing import Any

from archdsl.diagnostics import Span


def children(node: Any) -> Iterator[Any]:
    """The syntax nodes directly inside one."""
    for name in node.__match_args__:
        yield from _nodes_in(getattr(node, name))


def _nodes_in(value: Any) -> Iterator[Any]:
    if isinstance(value, tuple) and not isinstance(value, Span):
        for part in value:
            yield from _nodes_in(part)
    elif is_dataclass(value):
        yield value


def walk(node: Any) -> Iterator[Any]:
    """A syntax node and all inside it."""
    stack = list(_nodes_in(node))
    while stack:
        current = stack.pop()
        yield current
        stack += children(current)
