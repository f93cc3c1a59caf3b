"""Diagnostics as text: place, source line with carets, next step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from unicodedata import combining, east_asian_width

from archdsl.diagnostics.diagnostic import Diagnostic, Frame
from archdsl.diagnostics.source import Span

WIDEST = 100  # cells of a source line that are shown
TAB = 4
MOST_FRAMES = 6
RED, YELLOW, BLUE, CYAN, BOLD = "1;31", "1;33", "1;34", "36", "1"
Painter = Callable[[str, str], str]


def to_text(diagnostic: Diagnostic, colour: bool = False) -> str:
    """Format a message in several lines, without a final line end.

    The text is deterministic; ANSI colours are optional.
    """
    paint = _painted if colour else _plain
    lines = [_head(diagnostic, paint)]
    shown = 0
    if diagnostic.span is not None:
        shown = diagnostic.span.begins.line
        lines += _place(diagnostic.span, "^", paint)
    for note in diagnostic.notes:
        where = f" ({note.span})" if note.span is not None else ""
        lines.append(paint("note", BLUE) + f": {safe(note.text)}{where}")
        if note.span is not None and not _same_line(note.span, diagnostic.span, shown):
            lines += _excerpt(note.span, "-", paint)
    lines += _chain(diagnostic.chain)
    if diagnostic.help:
        lines.append(paint("help", CYAN) + f": {safe(diagnostic.help)}")
    return "\n".join(lines)


def _head(diagnostic: Diagnostic, paint: Painter) -> str:
    style = YELLOW if diagnostic.severity == "warning" else RED
    code = paint(f"{diagnostic.severity}[{diagnostic.code}]", style)
    return code + paint(f": {diagnostic.message}", BOLD)


def _plain(text: str, style: str) -> str:
    return text


def _painted(text: str, style: str) -> str:
    return f"\033[{style}m{text}\033[0m"


def safe(text: str) -> str:
    """Replace characters that could control a terminal."""
    return "".join(char if char.isprintable() else "�" for char in text)


def _same_line(span: Span, main: Span | None, shown: int) -> bool:
    return main is not None and span.source is main.source and span.begins.line == shown


# ------------------------------------------------------------------ the source line


def _place(span: Span, mark: str, paint: Painter) -> list[str]:
    return [paint("  -->", BLUE) + f" {safe(str(span))}", *_excerpt(span, mark, paint)]


def _excerpt(span: Span, mark: str, paint: Painter) -> list[str]:
    """The first line of a span with marks below, clipped around the marks."""
    number, column = span.begins
    line = span.source.line(number)
    if not line.strip():
        return []
    stop = column - 1 + max(span.end - span.start, 1)
    before, marked, after = line[: column - 1], line[column - 1 : stop], line[stop:]
    if span.ends.line > number:
        marked = marked.rstrip()
    left = _cells(before[-WIDEST:])
    middle = _cells(marked[: WIDEST + 1], _width(left)) or " "
    right = _cells(after[:WIDEST], _width(left + middle))
    left, middle, right = _clipped(left, middle, right)
    gutter = str(number)
    bar = paint(" " * len(gutter) + " |", BLUE)
    carets = " " * _width(left) + paint(mark * max(_width(middle), 1), RED)
    shown = f"{left}{middle}{right}".rstrip()
    return [bar, paint(f"{gutter} |", BLUE) + f" {shown}", f"{bar} {carets}"]


def _cells(text: str, start: int = 0) -> str:
    """Expand tabs and replace unprintable characters."""
    found: list[str] = []
    width = start
    for char in text:
        shown = " " * (TAB - width % TAB) if char == "\t" else char
        if not shown.isprintable():
            shown = "�"
        found.append(shown)
        width += _width(shown)
    return "".join(found)


def _width(text: str) -> int:
    """The width of a text in cells: 2 for wide characters, 0 for combining ones."""
    if text.isascii():
        return len(text)
    return sum(
        0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text
    )


def _clipped(left: str, middle: str, right: str) -> tuple[str, str, str]:
    """Clip the three parts to `WIDEST` cells in all, with `…` for omitted text."""
    if len(middle) > WIDEST:
        middle, right = middle[: WIDEST - 1] + "…", ""
    room = WIDEST - len(middle)
    if len(left) > room * 2 // 3:
        keep = max(room - len(right), room * 2 // 3, 1)
        left = "…" + left[-keep:].lstrip() if len(left) > keep else left
    room = max(room - len(left), 1)
    return left, middle, right if len(right) <= room else right[: room - 1] + "…"


# ------------------------------------------------------------------ the calls


def _chain(chain: tuple[Frame, ...]) -> Iterator[str]:
    """`in `bottleneck`, called at f:l:c`, innermost first; the middle of a long chain is cut."""
    calls, network = chain[:-1], chain[-1:]
    cut = len(calls) > MOST_FRAMES
    for frame in calls[: MOST_FRAMES - 2] if cut else calls:
        yield f"  in `{frame.name}`, called at {safe(str(frame.span))}"
    if cut:
        yield f"  … {len(calls) - MOST_FRAMES + 1} calls more"
        yield f"  in `{calls[-1].name}`, called at {safe(str(calls[-1].span))}"
    for frame in network:
        yield f"  in network `{frame.name}`"
