"""PNG and PDF: resvg renders the SVG, reportlab the drawing."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from archdsl.backends.diagram.drawing import Drawing, Path, Rect, Text
from archdsl.backends.diagram.styles import Style, style
from archdsl.backends.diagram.svg import as_svg
from archdsl.backends.raster import FAMILY, FONTS, PRINT, ZOOM, png

POINT = 0.75  # of a pixel: 96 pixels and 72 points are an inch


def as_png(drawing: Drawing) -> bytes:
    """Return the picture at twice its size, drawn with the fonts of the package."""
    size = (drawing.width * drawing.zoom, drawing.height * drawing.zoom)
    return png(as_svg(drawing), *size, zoom=ZOOM if drawing.inches is None else PRINT)


def as_pdf(drawing: Drawing) -> bytes:
    """Return one page of the picture's size, with its fonts embedded."""
    from reportlab.pdfgen.canvas import Canvas

    _register()
    file = BytesIO()
    point = POINT * drawing.zoom
    size = (drawing.width * point, drawing.height * point)
    canvas = Canvas(file, pagesize=size, invariant=1, initialFontName=FAMILY, lang="en")
    canvas.setTitle(drawing.title)
    canvas.setSubject(drawing.about)
    canvas.scale(point, point)
    canvas.translate(0, drawing.height)
    canvas.scale(1, -1)
    dark = drawing.theme == "dark"
    if drawing.background and dark:
        _paint(canvas, Rect("paper", 0, 0, drawing.width, drawing.height), dark)
    for item in drawing.painted():
        _paint(canvas, item, dark)
    canvas.showPage()
    canvas.save()
    return file.getvalue()


def _register() -> None:
    from reportlab.pdfbase.pdfmetrics import getRegisteredFontNames, registerFont
    from reportlab.pdfbase.ttfonts import TTFont

    for name, face in ((FAMILY, "regular"), (f"{FAMILY} Bold", "bold")):
        if name not in getRegisteredFontNames():
            registerFont(TTFont(name, FONTS / f"sans-{face}.ttf"))


def _paint(canvas: Any, item: Rect | Path | Text, dark: bool) -> None:
    look = style(item.classes, dark)
    fill = item.fill or look.fill
    if isinstance(item, Text):
        _write(canvas, item, fill)
        return
    _pen(canvas, fill, look)
    how = {"fill": int(fill != "none"), "stroke": int(look.stroke != "none")}
    if isinstance(item, Rect):
        radius = min(item.radius, item.width / 2, item.height / 2)
        canvas.roundRect(item.x, item.y, item.width, item.height, radius, **how)
        return
    path = canvas.beginPath()
    at = [0.0, 0.0]
    for command, numbers in _commands(item.d):
        _draw(path, command, at, numbers)
        at = numbers[-2:] or at
    canvas.drawPath(path, **how)


def _pen(canvas: Any, fill: str, look: Style) -> None:
    if fill != "none":
        canvas.setFillColor(fill)
    if look.stroke != "none":
        canvas.setStrokeColor(look.stroke)
    canvas.setLineWidth(look.line)
    canvas.setDash(*([list(look.dash)] if look.dash else []))


def _write(canvas: Any, item: Text, fill: str) -> None:
    """Draw upright text on a page whose y grows downwards."""
    canvas.saveState()
    canvas.translate(item.x, item.y)
    canvas.scale(1, -1)
    canvas.setFillColor(fill)
    canvas.setFont(f"{FAMILY} Bold" if item.bold else FAMILY, item.size)
    if item.anchor == "middle":
        canvas.drawCentredString(0, 0, item.text)
    else:
        canvas.drawString(0, 0, item.text)
    canvas.restoreState()


def _commands(d: str) -> Iterator[tuple[str, list[float]]]:
    """Yield the commands of a path, each with its numbers."""
    command = ""
    numbers: list[float] = []
    for word in d.split():
        letter = word[0] if word[0].isalpha() else ""
        if letter:
            if command:
                yield command, numbers
            command, numbers = letter, []
            word = word[1:]
        if word:
            numbers.append(float(word))
    if command:
        yield command, numbers


def _draw(path: Any, command: str, at: list[float], to: list[float]) -> None:
    """Draw one command, from the point where the last one ended."""
    if command == "M":
        path.moveTo(*to)
    elif command == "L":
        path.lineTo(*to)
    elif command == "C":
        path.curveTo(*to)
    elif command == "Q":  # as the cubic that it is
        corner, end = to[:2], to[2:]
        first = [a + 2 * (c - a) / 3 for a, c in zip(at, corner, strict=True)]
        second = [e + 2 * (c - e) / 3 for e, c in zip(end, corner, strict=True)]
        path.curveTo(*first, *second, *end)
    else:
        path.close()
