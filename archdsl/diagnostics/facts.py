"""Wording of `expect` lines that do not hold: codes A500 to A599."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from archdsl.diagnostics.record import Diagnostic, Note
from archdsl.diagnostics.suggest import clip, did_you_mean, listing


def does_not_hold(text: str, found: Sequence[tuple[str, str]]) -> Diagnostic:
    """A501: a fact that is not so."""
    notes = tuple(Note(f"{name} is {value}") for name, value in found)
    return Diagnostic(
        "A501",
        f"this is not so: {clip(text, 100)}",
        help="mend the network, or the fact",
        notes=notes,
    )


def unknown_fact(name: str, known: Iterable[str]) -> Diagnostic:
    """A502: a fact that nothing has."""
    known = list(known)
    return Diagnostic(
        "A502",
        f"there is no fact `{clip(name)}`",
        help=did_you_mean(name, known, f"known are {listing(known)}"),
    )


def no_field(path: str) -> Diagnostic:
    """A504: the receptive field of a value that no position bounds."""
    return Diagnostic(
        "A504",
        f"{f'`{clip(path)}`' if path else 'the network'} has no receptive field of its own: "
        "it sees the whole input, or none of it",
        help="ask for that of a value before the global pool or the flat layers",
    )


def not_a_fact(found: str) -> Diagnostic:
    """A503: an expectation that is neither true nor false."""
    return Diagnostic(
        "A503",
        f"an expectation is true or false, and this is {clip(found)}",
        help="compare it: `expect params == 25_557_032`",
    )
