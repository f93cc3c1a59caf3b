"""The data of a diagnostic."""

from __future__ import annotations

from dataclasses import dataclass, replace

from archdsl.diagnostics.source import Span
from archdsl.records import record

MOST_FINDINGS = 200


@record
class Note:
    """A further fact in a message, with its place if it has one."""

    text: str
    span: Span | None = None


@record
class Fix:
    """An edit of the source that fixes the mistake.

    A `safe` edit changes neither what the networks compute nor the keys and shapes of their
    weights; the author decides about any other.
    """

    message: str
    span: Span
    replacement: str
    safe: bool = False


@record
class Frame:
    """One call in the chain that led to the mistake: the callee and the place of the call."""

    name: str
    span: Span


@record
class Diagnostic:
    """One mistake or warning: what was found, what was expected, and one next step.

    Wording functions leave `span` and `chain` empty; the phase that found the mistake adds them
    with `at`. `instead` is the correct text for that place; `at` turns it into a fix.
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
        """`warning` for lints, whose codes begin with L, else `error`."""
        return "warning" if self.code.startswith("L") else "error"

    def at(self, span: Span, chain: tuple[Frame, ...] = ()) -> Diagnostic:
        """Return the same message with a place and the chain of calls that led there."""
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
    """Raised if a run lacks something other than source text: a file, a plugin, a wide terminal."""


class UsageError(CannotRun):
    """Raised for a request that cannot be carried out, such as a file that does not exist."""


class SinkFull(Exception):  # noqa: N818
    """Raised by a full sink: more messages would not be read, and finding them takes time."""


@dataclass(frozen=True, eq=False, slots=True)
class Reported:
    """A placeholder for a value that could not be computed, for a reason that is in a sink.

    Only `Sink.add` makes one, so nothing can be unknown without a message.
    """

    diagnostic: Diagnostic


class Poisoned(Exception):  # noqa: N818
    """Raised if a value is needed that an earlier, reported mistake left unknown."""

    def __init__(self, reported: Reported) -> None:
        super().__init__(reported.diagnostic.message)
        self.reported = reported
