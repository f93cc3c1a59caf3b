"""Wording of mistakes in imports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from archdsl.diagnostics.diagnostic import Diagnostic
from archdsl.diagnostics.suggest import clip, did_you_mean, listing


def no_such_file(name: str, looked: Sequence[str], known: Iterable[str]) -> Diagnostic:
    """A213: an import of a file that is not found."""
    places = " and ".join(looked)
    return Diagnostic(
        "A213",
        f"there is no file `{clip(name)}.arch`",
        help=did_you_mean(name, known, f"looked in {places}"),
    )


def unreadable_file(name: str, why: str) -> Diagnostic:
    """A213: an import of a file that cannot be read."""
    return Diagnostic(
        "A213",
        f"the file `{clip(name)}.arch` cannot be read: {clip(why)}",
        help="check its permissions",
    )


def not_in_file(name: str, file: str, known: Iterable[str]) -> Diagnostic:
    """A214: an import of a name that the file does not define."""
    known = sorted(known)
    return Diagnostic(
        "A214",
        f"`{file}.arch` defines no `{clip(name)}`",
        help=did_you_mean(name, known, f"it defines {listing(known)}"),
    )


def cyclic_import(files: Sequence[str]) -> Diagnostic:
    """A215: files that import each other."""
    return Diagnostic(
        "A215",
        f"these files import each other: {' -> '.join(files)}",
        help="move what both need into a third file",
    )
