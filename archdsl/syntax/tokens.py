"""Text to tokens: one regular expression with a group for each terminal of the grammar."""

from __future__ import annotations

from collections.abc import Iterator

from archdsl.diagnostics import Source, Span
from archdsl.syntax.tables import Tables

END = "$END"  # the terminal behind the last token, as Lark's tables call it


class Token(str):
    """The text of a token, its terminal and its offset in the source."""

    __slots__ = ("kind", "start")
    kind: str
    start: int

    def span(self, source: Source) -> Span:
        """The place of the token in its source."""
        return Span(source, self.start, self.start + len(self))


class StrangeText(Exception):  # noqa: N818
    """Raised where no token begins; `start` is the offset in the source."""

    def __init__(self, start: int) -> None:
        super().__init__(start)
        self.start = start


def token(text: str, kind: str, start: int) -> Token:
    """Make a token."""
    made = Token(text)
    made.kind, made.start = kind, start
    return made


def read_tokens(text: str, offset: int, tables: Tables, comments: bool = False) -> Iterator[Token]:
    """Yield the tokens of a text that begins at an offset of its source; `comments` too if asked.

    Raise `StrangeText` where no token begins.
    """
    position, end = 0, len(text)
    match, keywords = tables.pattern.match, tables.keywords
    ignored = tables.ignored - {"COMMENT"} if comments else tables.ignored
    while position < end:
        found = match(text, position)
        if found is None:
            raise StrangeText(offset + position)
        kind: str = found.lastgroup or ""
        if kind not in ignored:
            made = Token(found[0])
            made.kind = keywords.get(made, kind) if kind == "NAME" else kind
            made.start = offset + position
            yield made
        position = found.end()
