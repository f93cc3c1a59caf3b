"""What a chart is about, before anything is placed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ChartPoint:
    """A network: where it stands, how large and how dark it is, and what hovering shows.

    Without `y` it stands below the chart. `best` points are joined by a line.
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
    """Points, and what their numbers are: the titles of the two axes, of the areas and shades.

    `unknown` says why points stand below.
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
