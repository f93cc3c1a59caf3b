"""A raised recursion limit: trees and graphs are as deep as their text nests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from archdsl.diagnostics import SinkFull

STACK = 20_000  # frames; the limits on nesting in syntax and elaboration keep below it


@dataclass
class _Stack:
    """A raised recursion limit, which all threads share; the last user restores it."""

    users: int = 0
    before: int = 0
    lock: Any = field(default_factory=Lock)

    def raise_limit(self) -> None:
        with self.lock:
            if self.users == 0:
                self.before = sys.getrecursionlimit()
                sys.setrecursionlimit(max(self.before, STACK))
            self.users += 1

    def restore_limit(self) -> None:
        with self.lock:
            self.users -= 1
            if self.users == 0:
                sys.setrecursionlimit(self.before)


_stack = _Stack()


@contextmanager
def deep() -> Iterator[None]:
    """Raise the recursion limit inside a `with`: graphs are as deep as their text nests."""
    _stack.raise_limit()
    try:
        yield
    finally:
        _stack.restore_limit()


@contextmanager
def bounded() -> Iterator[None]:
    """Raise the recursion limit inside a `with`; leave the block early if a sink is full."""
    with deep(), suppress(SinkFull):
        yield
