"""The sink into which every phase reports."""

from __future__ import annotations

from dataclasses import dataclass, field

from archdsl.diagnostics.diagnostic import MOST_FINDINGS, Diagnostic, Reported, SinkFull
from archdsl.diagnostics.limit_errors import too_many_mistakes
from archdsl.diagnostics.source import Source, Span


@dataclass
class Sink:
    """A collection of messages, one per place.

    A block that is called fifty times has the same mistake fifty times at the same place, and two
    phases may report it differently: the first message of a place is kept. After `MOST_FINDINGS`
    a last message reports that there are more, and `add` raises `SinkFull`.
    """

    found: list[Diagnostic] = field(default_factory=list)
    _more: Diagnostic | None = None
    _seen: dict[Span | None, Reported] = field(default_factory=dict)

    def add(self, diagnostic: Diagnostic) -> Reported:
        """Keep a message unless its place has one; return a placeholder for the unknown value."""
        known = self._seen.get(diagnostic.span)
        if known is not None:
            return known
        if len(self.found) >= MOST_FINDINGS:
            where = diagnostic.span
            more = too_many_mistakes(MOST_FINDINGS)
            self._more = self._more or (more.at(where) if where else more)
            raise SinkFull
        self.found.append(diagnostic)
        return self._seen.setdefault(diagnostic.span, Reported(diagnostic))

    def in_order(self) -> list[Diagnostic]:
        """The messages in the order of their places, file by file."""
        files: dict[Source | None, int] = {}
        for diagnostic in self.found:
            files.setdefault(diagnostic.span and diagnostic.span.source, len(files))

        def place(diagnostic: Diagnostic) -> tuple[int, int, int]:
            span = diagnostic.span
            return (files[span.source], span.start, span.end) if span else (files[None], 0, 0)

        return sorted(self.found, key=place) + [each for each in (self._more,) if each]

    def __bool__(self) -> bool:
        return bool(self.found)
