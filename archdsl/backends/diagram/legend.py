"""The legend below a picture: its colours and line styles."""

from __future__ import annotations

from collections.abc import Iterable

from archdsl.backends.diagram import theme
from archdsl.backends.diagram.card_numbers import ColourScale, brief, with_unit
from archdsl.backends.diagram.drawing import Item, Path, Rect, Text, number
from archdsl.backends.diagram.text_width import width

SWATCH = 16.0
APART = 14.0
ROW = 18.0
LINES = {"skip": "identity", "shortcut": "projection", "aux": "training only"}
Items = list[Item]


def legend(kinds: Iterable[str], marks: Iterable[str], most: float) -> tuple[Items, float, float]:
    """Return the legend of the kinds and lines in a picture, its width and height.

    Rows are at most `most` wide.
    """
    shown = set(kinds)
    entries = [(kind, name) for kind, name in theme.NAMES.items() if kind in shown]
    entries += [(mark, name) for mark, name in LINES.items() if mark in set(marks)]
    rows: list[list[tuple[str, str, float]]] = [[]]
    for key, name in entries:
        room = SWATCH + 5 + width(name, theme.SMALL) + APART
        if rows[-1] and sum(each[2] for each in rows[-1]) + room - APART > most:
            rows.append([])
        rows[-1].append((key, name, room))
    drawn: Items = []
    widest = max((sum(each[2] for each in row) - APART for row in rows if row), default=0.0)
    for line, row in enumerate(rows):
        x = (widest - sum(each[2] for each in row) + APART) / 2
        for key, name, room in row:
            drawn += _entry(key, name, x, line * ROW)
            x += room
    return drawn, widest, ROW * len(rows) if entries else 0.0


def _entry(key: str, name: str, x: float, y: float) -> Items:
    if key in LINES:
        line = f"M{number(x)} {number(y + 6)} L{number(x + SWATCH)} {number(y + 6)}"
        sample: Rect | Path = Path(f"wire {key}", line)
    else:
        sample = Rect(f"card {key}", x, y + 1, SWATCH, 10.0, 2.0)
    at = x + SWATCH + 5
    wide = width(name, theme.SMALL)
    return [sample, Text("quiet", at, y + 9.6, name, theme.SMALL, wide, "start")]


def scale_legend(scale: ColourScale) -> tuple[Items, float, float]:
    """Return the colours of a scale, with the numbers at its ends."""
    step = 30.0
    wide = step * len(theme.SCALE)
    title = scale.overlay.title
    drawn: Items = [Text("quiet", wide / 2, 8, title, theme.SMALL, width(title, theme.SMALL))]
    for position, (fill, _) in enumerate(theme.SCALE):
        drawn.append(Rect("step", position * step, 14.0, step, 10.0, 0.0, fill))
    for value in (0.0, scale.most):
        text = with_unit(value, scale.overlay) if value else brief(value)
        room = width(text, theme.SMALL)
        x = wide - room if value else 0.0
        drawn.append(Text("quiet", x, 36, text, theme.SMALL, room, "start"))
    return drawn, wide, 40.0
