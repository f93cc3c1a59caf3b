"""What a message is: plain data."""

from __future__ import annotations

from dataclasses import dataclass, replace

from archdsl.diagnostics.source import Span

MOST_FINDINGS = 200


@dataclass(frozen=True)
class Note:
    """A further fact of a message, with its place where it has one."""

    text: str
    span: Span | None = None


@dataclass(frozen=True)
class Fix:
    """One edit of the source that would mend the mistake.

    `safe`: the networks stay what they are, with the keys and shapes of their weights. Else the
    author decides.
    """

    message: str
    span: Span
    replacement: str
    safe: bool = False


@dataclass(frozen=True)
class Frame:
    """One call on the way to the mistake: what was called, and where."""

    name: str
    span: Span


@dataclass(frozen=True)
class Diagnostic:
    """One mistake: what is, what was expected, and one next step.

    Wording functions leave `span` and `chain` empty; the phase that found the mistake adds them
    with `at`. `instead` is what would have been right at that place, and becomes a fix there.
    """

    code: str
    message: str
    help: str | None = None
    notes: tuple[Note, ...] = ()
    fix: Fix | None = None
    instead: str | None = None
    span: Span | None = None
    chain: tuple[Frame, ...] = ()

    @property
    def severity(self) -> str:
        """`warning` of lints, whose codes begin with L, else `error`."""
        return "warning" if self.code.startswith("L") else "error"

    def at(self, span: Span, chain: tuple[Frame, ...] = ()) -> Diagnostic:
        """The same message at a place, reached through a chain of calls."""
        fix = self.fix
        if fix is None and self.instead is not None:
            fix = Fix(f"write `{self.instead}`", span, self.instead)
        return replace(self, span=span, chain=chain, fix=fix)


class Rejected(Exception):  # noqa: N818 (a mistake of the author, not of the program)
    """Raised with a diagnostic that has no span yet; the caller adds it."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class CannotRun(Exception):  # noqa: N818
    """Something beside the text that a run needs and cannot use, in one sentence."""


class SinkFull(Exception):  # noqa: N818
    """A sink is full: nobody reads further mistakes, and finding them takes time."""


@dataclass(frozen=True, eq=False, slots=True)
class Reported:
    """Stands where a value could not be computed, and proves that a sink has a message about it.

    Only `Sink.add` makes one, so nothing can be unknown without a message.
    """

    diagnostic: Diagnostic


class Poisoned(Exception):  # noqa: N818
    """Raised where a value is needed that an earlier, reported mistake made unknown."""

    def __init__(self, reported: Reported) -> None:
        super().__init__(reported.diagnostic.message)
        self.reported = reported
