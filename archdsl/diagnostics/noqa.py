"""Comments that suppress lint warnings: `# noqa: L201, L302  why`."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from archdsl.diagnostics import lint_warnings
from archdsl.diagnostics.diagnostic import Diagnostic, Fix
from archdsl.diagnostics.source import Source, Span
from archdsl.records import record

COMMENT = re.compile(r"#[ \t]*noqa:[ \t]*([A-Z]\d{3}(?:[ \t]*,[ \t]*[A-Z]\d{3})*)[^\r\n]*")


@record
class Comment:
    """One comment: its place, the place of its codes, and the codes."""

    span: Span
    listed: Span
    codes: tuple[str, ...]


def comments(source: Source) -> dict[int, Comment]:
    """The comments of a text, by line."""
    found = {}
    for match in COMMENT.finditer(source.text):
        codes = tuple(code.strip() for code in match[1].split(","))
        comment = Comment(Span(source, *match.span()), Span(source, *match.span(1)), codes)
        found[comment.span.begins.line] = comment
    return found


@dataclass
class Ignored:
    """The suppressions of all files with findings, and a record of those that were used."""

    _comments: dict[Source, dict[int, Comment]] = field(default_factory=dict)
    _used: set[tuple[Span, str]] = field(default_factory=set)

    def covers(self, code: str, span: Span) -> bool:
        """Whether a comment on the line of a finding suppresses it."""
        known = self._of(span.source)
        comment = known.get(span.begins.line) if known else None
        if comment is None or code not in comment.codes:
            return False
        self._used.add((comment.span, code))
        return True

    def unused(
        self, source: Source, expected: Callable[[str], bool], lines: Callable[[], Collection[int]]
    ) -> Iterator[Diagnostic]:
        """Yield a warning for each comment on `lines` without effect, for `expected` codes."""
        known = self._of(source)
        reached = lines() if known else ()
        for line, comment in known.items():
            if line in reached:
                codes = [c for c in comment.codes if (comment.span, c) not in self._used]
                idle = [code for code in codes if expected(code)]
                if idle:
                    yield lint_warnings.unused_comment(idle, _shorter(comment, idle)).at(
                        comment.span
                    )

    def _of(self, source: Source) -> dict[int, Comment]:
        if source not in self._comments:
            self._comments[source] = comments(source)
        return self._comments[source]


def _shorter(comment: Comment, idle: Collection[str]) -> Fix:
    """A fix that keeps only the codes still needed, or removes the comment."""
    kept = [code for code in comment.codes if code not in idle]
    if kept:
        return Fix("remove the code", comment.listed, ", ".join(kept), safe=True)
    before = comment.span.source.line(comment.span.begins.line)
    before = before[: comment.span.begins.column - 1]
    start = comment.span.start - len(before) + len(before.rstrip())
    return Fix("remove the comment", comment.span._replace(start=start), "", safe=True)
