"""Suggestions for misspelt names."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

MOST_READ = 5000
MOST_COMPARED = 500


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name closest to `name`, or None if none is close."""
    from difflib import get_close_matches

    if len(name) > 60:
        return None
    most = len(name) // 2 + 1
    alike = {word for word in islice(known, MOST_READ) if abs(len(word) - len(name)) <= most}
    cutoff = 0.6 if len(name) < 5 else 0.7
    matches = get_close_matches(name, sorted(alike)[:MOST_COMPARED], n=1, cutoff=cutoff)
    return matches[0] if matches else None


def did_you_mean(name: str, known: Iterable[str], otherwise: str | None = None) -> str | None:
    """A help line that offers the nearest known name."""
    match = nearest(name, known)
    return f"did you mean `{match}`?" if match else otherwise


def listing(words: Iterable[str], last: str = "and", most: int = 12) -> str:
    """Join names for a sentence, as `a`, `b` and `c`; a long list is shortened."""
    quoted = [f"`{word}`" for word in words]
    if len(quoted) > most:
        return ", ".join(quoted[:most]) + ", …"
    if len(quoted) < 2:
        return "".join(quoted)
    return ", ".join(quoted[:-1]) + f" {last} " + quoted[-1]


def clip(text: str, most: int = 60) -> str:
    """Make untrusted text safe for a message: one line, printable, of bounded length."""
    safe = "".join(char if char.isprintable() else "�" for char in text)
    return safe if len(safe) <= most else safe[: most - 1] + "…"
