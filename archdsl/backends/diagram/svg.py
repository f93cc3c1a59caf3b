"""A drawing as SVG: one file for light and dark, addressable, without script."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape

from archdsl.backends.diagram import theme
from archdsl.backends.diagram.dot import template
from archdsl.backends.diagram.drawing import Drawing, Group, Item, Path, Rect, Text, number
from archdsl.backends.diagram.styles import sheet, themed, variables


@dataclass(frozen=True, slots=True)
class SvgDocument:
    """The data of the template: finished attributes and lines."""

    id: str
    title: str
    about: str
    width: str
    height: str
    box: str
    background: bool
    family: str
    light: str
    dark: str
    rules: tuple[str, ...]
    themed: tuple[str, ...]
    lines: tuple[str, ...]


def as_svg(drawing: Drawing) -> str:
    """Return the picture as an XML document, complete or for use within a page."""
    return template("picture.svg.j2").render(view=view(drawing))


def view(drawing: Drawing) -> SvgDocument:
    """Return a drawing as lines of SVG."""
    both = drawing.theme == "auto"
    return SvgDocument(
        escape(drawing.name),
        escape(drawing.title),
        escape(drawing.about),
        *_size(drawing),
        f"0 0 {number(drawing.width)} {number(drawing.height)}",
        drawing.background,
        theme.FAMILY,
        ";".join(f"--{name}:{light}" for name, light, _ in variables()) if both else "",
        ";".join(f"--{name}:{dark}" for name, _, dark in variables()) if both else "",
        tuple(sheet(drawing.theme == "dark")),
        tuple(themed()) if both else (),
        tuple(_lines(drawing.items, drawing.name, 0)),
    )


def _size(drawing: Drawing) -> tuple[str, str]:
    """Return the width and height of the page, in pixels or inches."""
    if drawing.inches is None:
        return number(drawing.width), number(drawing.height)
    high = drawing.inches * drawing.height / drawing.width
    return f"{drawing.inches:.4g}in", f"{high:.4g}in"


def _lines(items: Iterable[Item], name: str, depth: int) -> Iterator[str]:
    space = " " * depth
    for item in items:
        if isinstance(item, Group):
            yield space + _open(item, name)
            yield from _lines(item.items, name, depth + 1)
            yield space + "</g>"
        else:
            yield space + _element(item)


def _open(group: Group, name: str) -> str:
    path = escape(group.path)
    source = f' data-line="{group.line}"' if group.line else ""
    return (
        f'<g id="{escape(name)}.{path}" class="{group.classes}" data-path="{path}"{source}>'
        f"<title>{escape(group.hover)}</title>"
    )


def _element(item: Rect | Path | Text) -> str:
    fill = f' style="fill:{item.fill}"' if item.fill else ""
    if isinstance(item, Path):
        return f'<path class="{item.classes}" d="{item.d}"{fill}/>'
    if isinstance(item, Rect):
        box = f'x="{number(item.x)}" y="{number(item.y)}" width="{number(item.width)}"'
        radius = f' rx="{number(item.radius)}"' if item.radius else ""
        high = number(item.height)
        return f'<rect class="{item.classes}" {box} height="{high}"{radius}{fill}/>'
    return _text(item, fill)


def _text(item: Text, fill: str) -> str:
    """Return a text element; `textLength` keeps the measured width with another font."""
    classes = item.classes + (" strong" if item.bold else "")
    classes += "" if item.anchor == "start" else " mid"
    size = "" if item.size == theme.STRONG else " small"
    long = f' textLength="{number(item.length)}" lengthAdjust="spacingAndGlyphs"'
    place = f'x="{number(item.x)}" y="{number(item.y)}"'
    return f'<text class="{classes}{size}" {place}{long}{fill}>{escape(item.text)}</text>'
