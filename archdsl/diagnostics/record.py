"""What a message is: plain data, and the sink that every phase puts it into."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from archdsl.diagnostics.source import Span


@dataclass(frozen=True)
class Note:
    """A further fact of a message, with its place where it has one."""

    text: str
    span: Span | None = None


@dataclass(frozen=True)
class Fix:
    """One edit of the source that would mend the mistake."""

    message: str
    span: Span
    replacement: str


@dataclass(frozen=True)
class Frame:
    """One call on the way to the mistake: what was called, and where."""

    name: str
    span: Span


@dataclass(frozen=True)
class Diagnostic:
    """One mistake: what is, what was expected, and one next step.

    Wording functions leave `span` and `chain` empty; the phase that found the mistake adds them
    with `at`.
    """

    code: str
    message: str
    help: str | None = None
    notes: tuple[Note, ...] = ()
    fix: Fix | None = None
    span: Span | None = None
    chain: tuple[Frame, ...] = ()

    def at(self, span: Span, chain: tuple[Frame, ...] = ()) -> Diagnostic:
        """The same message at a place, reached through a chain of calls."""
        return replace(self, span=span, chain=chain)


class Rejected(Exception):
    """A mistake found where the place in the source is not known; the caller adds it."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


@dataclass
class Sink:
    """Collects messages, each root cause once.

    A block that is called fifty times meets the same mistake fifty times at the same place: the
    first one is kept.
    """

    found: list[Diagnostic] = field(default_factory=list)
    _seen: set[tuple[str, Span | None]] = field(default_factory=set)

    def add(self, diagnostic: Diagnostic) -> None:
        key = (diagnostic.code, diagnostic.span)
        if key not in self._seen:
            self._seen.add(key)
            self.found.append(diagnostic)

    def __bool__(self) -> bool:
        return bool(self.found)
