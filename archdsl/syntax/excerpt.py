"""The part of a source that one run of the parser reads.

All calls share one parser, whose actions receive only tokens. The data of a call is therefore in
a context variable, which each thread has for itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from lark import Token

from archdsl.diagnostics import Source, Span


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A part of a source that starts at an offset."""

    source: Source
    offset: int

    def start(self, token: Token) -> int:
        """The offset of a token in the source."""
        return self.offset + (token.start_pos or 0)

    def span(self, token: Token) -> Span:
        """The place of a token in the source."""
        start = self.start(token)
        return Span(self.source, start, start + len(token))


_current: ContextVar[Excerpt] = ContextVar("excerpt")


def current() -> Excerpt:
    """The excerpt that this thread's parser run reads."""
    return _current.get()


@contextmanager
def reading(excerpt: Excerpt) -> Iterator[None]:
    """Set the current excerpt inside a `with`; runs may nest."""
    before = _current.set(excerpt)
    try:
        yield
    finally:
        _current.reset(before)
