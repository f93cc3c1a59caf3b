"""What a message is: plain data, and the sink that every phase puts it into."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from archdsl.diagnostics.source import Source, Span

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
    """A mistake found where the place in the source is not known; the caller adds it."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class Unusable(Exception):  # noqa: N818
    """Something beside the text that a run needs and cannot use, in one sentence."""


class Enough(Exception):  # noqa: N818
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


@dataclass
class Sink:
    """Collects messages, each root cause once.

    A block that is called fifty times meets the same mistake fifty times at the same place, and
    two phases may see it with different eyes: the first message of a place is kept. Raises
    `Enough` beyond `MOST_FINDINGS`.
    """

    found: list[Diagnostic] = field(default_factory=list)
    _seen: dict[Span | None, Reported] = field(default_factory=dict)

    def add(self, diagnostic: Diagnostic) -> Reported:
        """Keep a message unless its place has one; the result stands for the unknown value."""
        known = self._seen.get(diagnostic.span)
        if known is not None:
            return known
        if len(self.found) >= MOST_FINDINGS:
            raise Enough
        self.found.append(diagnostic)
        return self._seen.setdefault(diagnostic.span, Reported(diagnostic))

    def in_order(self) -> list[Diagnostic]:
        """The messages as their places follow in the text, file by file."""
        files: dict[Source | None, int] = {}
        for diagnostic in self.found:
            files.setdefault(diagnostic.span and diagnostic.span.source, len(files))

        def place(diagnostic: Diagnostic) -> tuple[int, int, int]:
            span = diagnostic.span
            return (files[span.source], span.start, span.end) if span else (files[None], 0, 0)

        return sorted(self.found, key=place)

    def __bool__(self) -> bool:
        return bool(self.found)
