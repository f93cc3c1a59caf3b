"""The page of a picture: its size in inches, and the size of the text on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from archdsl.backends.diagram import theme
from archdsl.backends.diagram.drawing import DENSITY, Drawing
from archdsl.backends.diagram.options import DiagramOptions


def on_page(drawing: Drawing, options: DiagramOptions) -> Drawing:
    """Return a drawing of the size that is asked for, its text never larger than without one."""
    drawing = replace(drawing, theme=options.theme, background=options.background)
    if not options.sized:
        return drawing
    high = theme.PAPER if options.height is None else options.height
    zoom = min(1.0, high * DENSITY / drawing.height)
    if options.width is None:
        return replace(drawing, inches=drawing.width * zoom / DENSITY)
    zoom = min(zoom, options.width * DENSITY / drawing.width)
    room = options.width * DENSITY / zoom
    moved = tuple(item.moved((room - drawing.width) / 2, 0) for item in drawing.items)
    return replace(drawing, width=room, items=moved, inches=options.width)


def text_size(drawing: Drawing) -> float:
    """Return the size of the smallest text on the page, in points."""
    return theme.SMALL * 72 / DENSITY * drawing.zoom


def is_legible(drawing: Drawing) -> bool:
    """Whether the smallest text has the size that journals ask for."""
    return text_size(drawing) >= theme.LEAST_TEXT - 0.005


def page_height(drawing: Drawing) -> float:
    """Return the height of the page, in inches."""
    return drawing.zoom * drawing.height / DENSITY


def least_width(drawings: Iterable[Drawing]) -> float | None:
    """Return the width in inches of the narrowest page on which one of the drawings is legible."""
    zoom = theme.LEAST_TEXT / text_size(Drawing("", "", "", 1.0, 1.0, ()))
    high = theme.PAPER * DENSITY / zoom
    widths = (each.width * zoom / DENSITY for each in drawings if each.height <= high)
    return min(widths, default=None)
