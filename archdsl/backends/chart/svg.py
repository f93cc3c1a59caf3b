"""A chart as SVG: one file for light and dark, without script."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from archdsl.backends.chart import theme
from archdsl.backends.chart.plot import ChartLine, ChartText, Dot, PlottedChart


@dataclass(frozen=True)
class Element:
    """An element's finished attributes and its text, which the template escapes."""

    attributes: str
    text: str = ""


def as_svg(view: PlottedChart) -> str:
    """Return the chart as an XML document, complete or for use within a page."""
    made: str = _template().render(
        name=view.name,
        title=_printable(view.title),
        about=_printable(view.about),
        size=f'width="{view.width:g}" height="{view.height:g}"',
        box=f"0 0 {view.width:g} {view.height:g}",
        family=theme.FAMILY,
        light=theme.variables(dark=False),
        dark=theme.variables(dark=True),
        plain=theme.sheet(False),  # for readers that know no variables
        themed=theme.sheet(None),
        plot=f'x="{view.plot.left:g}" y="{view.plot.top:g}"'
        f' width="{view.plot.right - view.plot.left:g}"'
        f' height="{view.plot.bottom - view.plot.top:g}"',
        grid=[_line(line) for line in view.lines],
        dots=[_dot(dot) for dot in view.dots],
        over=[_line(line) for line in view.over],
        halos=[_text(text, "halo") for text in view.texts if text.halo],
        texts=[_text(text, text.classes) for text in view.texts],
    )
    return made


def _line(line: ChartLine) -> Element:
    return Element(f'class="{line.classes}" d="{line.d}"')


def _dot(dot: Dot) -> Element:
    place = f'cx="{dot.x:.1f}" cy="{dot.y:.1f}" r="{dot.radius:.1f}"'
    return Element(f'class="{dot.classes}" {place}', _printable(dot.hover))


def _text(text: ChartText, classes: str) -> Element:
    place = f'x="{text.x:.1f}" y="{text.y:.1f}" font-size="{text.size:g}"'
    if text.anchor != "start":
        place += f' text-anchor="{text.anchor}"'
    if text.bold:
        place += ' font-weight="bold"'
    if text.turned:
        place += f' transform="rotate(-90 {text.x:.1f} {text.y:.1f})"'
    return Element(f'class="{classes}" {place}', _printable(text.text))


def _printable(text: str) -> str:
    """Return text that XML can hold, with its line breaks."""
    return "".join(char if char.isprintable() or char == "\n" else "�" for char in text)


@cache
def _template() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from archdsl.resources import PACKAGE

    environment = Environment(
        loader=FileSystemLoader(PACKAGE / "backends" / "chart" / "templates"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        autoescape=True,
    )
    return environment.get_template("chart.svg.j2")
