"""Limits on the size of a picture: readable, and laid out by Graphviz in time."""

from __future__ import annotations

from collections.abc import Iterator

from archdsl.backends.diagram.picture_model import OUT, Key, PicturePart, leaves

MOST_CARDS = 3_000
MOST_PASSED = 5_000  # Graphviz's time grows with the square of what long lines pass


class TooLarge(Exception):  # noqa: N818
    """Raised for a picture that is unreadable or too slow; the text has the next step."""


def excess(root: PicturePart) -> str | None:
    """Return what is too large: `4,001 cards of net, and 3,000 are the most`. Linear."""
    for count, what, most in (
        (len(leaves([root])), "cards", MOST_CARDS),
        (_passed(root), "rows of cards that lines pass by", MOST_PASSED),
    ):
        if count > most:
            return f"{count:,} {what} of {root.title}, and {most:,} are the most"
    return None


def _passed(root: PicturePart) -> int:
    """Count the rows of cards that lines pass by, each row once per line."""
    return sum(sum(_lengths(part)) for part in _bodies(root))


def _lengths(part: PicturePart) -> Iterator[int]:
    """Yield for each line in a body the rows between its ends, all parts as high as possible."""
    assert part.body is not None
    sources: dict[Key, list[Key]] = {}
    for source, target in part.body.edges:
        sources.setdefault(target, []).append(source)
    rows: dict[Key, int] = {}
    for key in (*range(len(part.body.parts)), OUT):
        rows[key] = 1 + max((rows.get(each, 0) for each in sources.get(key, ())), default=0)
    for source, target in part.body.edges:
        yield rows[target] - rows.get(source, 0) - 1


def _bodies(part: PicturePart) -> Iterator[PicturePart]:
    """Yield the opened parts whose lines Graphviz lays out: all but rails."""
    if part.body is not None:
        if part.form != "rail":
            yield part
        for each in part.body.parts:
            yield from _bodies(each)
