"""The content of a chart, before anything is placed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ChartPoint:
    """A network in a chart: its position, area, shade and hover text.

    Without `y` it is drawn below the chart. `best` points are joined by a line.
    """

    label: str
    x: float
    y: float | None
    area: float | None = None
    shade: float | None = None
    best: bool = False
    hover: str = ""


@dataclass(frozen=True)
class Chart:
    """Points, and the titles of their axes, areas and shades.

    `unknown` is the reason why points are below the chart.
    """

    name: str
    title: str
    subtitle: str
    about: str
    x: str
    y: str
    points: tuple[ChartPoint, ...]
    area: str = ""
    area_unit: str = ""
    shade: str = ""
    shade_unit: str = ""
    unknown: str = ""
    notes: tuple[str, ...] = ()
