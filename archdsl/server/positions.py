"""Places as editors count them: lines and UTF-16 units from 0."""

from __future__ import annotations

from bisect import bisect_right

from lsprotocol.types import Position, Range

from archdsl.diagnostics import Source, Span


def offset_at(source: Source, position: Position) -> int:
    """Return the character offset of a position; one beyond a line is its end."""
    starts = _starts(source)
    if position.line >= len(starts):
        return len(source.text)
    offset = starts[position.line]
    end = _end(source, starts, position.line)
    units = position.character
    while units > 0 and offset < end:
        units -= _units(source.text[offset])
        offset += 1
    return offset


def position_at(source: Source, offset: int) -> Position:
    """Return the position of a character offset."""
    starts = _starts(source)
    line = bisect_right(starts, offset) - 1
    return Position(line, sum(map(_units, source.text[starts[line] : offset])))


def range_of(span: Span) -> Range:
    """Return the range of a span."""
    return Range(position_at(span.source, span.start), position_at(span.source, span.end))


def end_of_line(source: Source, line: int) -> Position:
    """Return the position behind the last character of a line."""
    starts = _starts(source)
    return position_at(source, _end(source, starts, line))


def _starts(source: Source) -> list[int]:
    return [0, *(i + 1 for i, char in enumerate(source.text) if char == "\n")]


def _end(source: Source, starts: list[int], line: int) -> int:
    end = starts[line + 1] - 1 if line + 1 < len(starts) else len(source.text)
    return end - (source.text[starts[line] : end].endswith("\r"))


def _units(char: str) -> int:
    return 2 if ord(char) > 0xFFFF else 1
