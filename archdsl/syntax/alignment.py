"""Columns that the author aligned by hand: numbers in calls of one block, and comments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from archdsl.syntax.line_ends import OPENING

if TYPE_CHECKING:
    from archdsl.syntax.format import Line

NUMBERS = frozenset(["INTEGER", "FLOAT", "SIZE"])


def align_numbers(lines: Sequence[Line]) -> None:
    """Align the numbers of calls that the author padded with blanks.

    `mixed( 64,  96)` above `mixed(128, 128)`: between two blank lines, calls of one name with as
    many numbers have columns as wide as the longest.
    """
    for section in _sections(lines):
        calls: dict[object, list[tuple[Line, list[int]]]] = defaultdict(list)
        for line in section:
            key, places = _numbers(line)
            if places:
                calls[key].append((line, places))
        for found in calls.values():
            if any(_padded(line, place) for line, places in found for place in places):
                _pad(found)


def _pad(calls: Sequence[tuple[Line, list[int]]]) -> None:
    texts = [[line.texts[place] for place in places] for line, places in calls]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    for line, places in calls:
        for place, width in zip(places, widths, strict=True):
            line.gaps[place] += " " * (width - len(line.texts[place]))


def _numbers(line: Line) -> tuple[object, list[int]]:
    """The first bracket of a line that holds two or more numbers alone, and their places."""
    for place, token in enumerate(line.tokens):
        if token.kind not in ("LPAR", "LSQB"):
            continue
        places: list[int] = []
        for inner in range(place + 1, len(line.tokens), 2):
            ends = line.tokens[inner + 1].kind if inner + 1 < len(line.tokens) else ""
            if line.tokens[inner].kind not in NUMBERS:
                break
            places.append(inner)
            if ends == OPENING[token.kind] and len(places) > 1:
                name = str(line.tokens[place - 1]) if place else ""
                return (token.kind, name, len(places), line.indent), places
            if ends != "COMMA":
                break
    return None, []


def _padded(line: Line, place: int) -> bool:
    """Whether the author wrote more blanks before a token than the formatter does."""
    before = line.tokens[place - 1]
    return line.tokens[place].start - before.start - len(before) > len(line.gaps[place])


def align_comments(lines: Sequence[Line]) -> None:
    """Align comments behind code where those of successive lines began in one column."""
    for run in _commented(lines):
        columns = {_column(line) for line in run}
        if len(run) > 1 and len(columns) == 1:
            width = max(len(line.code) for line in run)
            for line in run:
                line.comment_gap = " " * (width - len(line.code) + 2)


def _column(line: Line) -> int:
    """The author's column of a comment, from the first token of its line."""
    assert line.comment is not None
    return line.comment.start - line.tokens[0].start


def _commented(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Yield the runs of lines of one indentation with a comment behind code."""
    run: list[Line] = []
    for line in lines:
        inside = bool(line.tokens) and line.comment is not None
        if run and not (inside and line.indent == run[0].indent):
            yield run
            run = []
        if inside:
            run.append(line)
    if run:
        yield run


def _sections(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """Yield the lines between blank lines."""
    section: list[Line] = []
    for line in lines:
        if not line.tokens and line.comment is None:
            yield section
            section = []
        else:
            section.append(line)
    yield section
