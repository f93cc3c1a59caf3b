"""Place a chart: circles, lines and texts as frozen data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, log, sqrt

from archdsl.backends.chart import theme
from archdsl.backends.chart.axis_scale import AxisScale, axis_scale, nice, written
from archdsl.backends.chart.chart import Chart, ChartPoint
from archdsl.backends.chart.label_placement import (
    SIZE,
    Box,
    Circle,
    PlacedLabel,
    along,
    place_labels,
    width,
)

MOST_LABELS = 60
CAPTION = 17.0  # its height, above the points without a height
MOST_OBSTACLES = 1_000  # circles that labels keep clear of


@dataclass(frozen=True)
class Dot:
    """A circle with its hover text."""

    classes: str
    x: float
    y: float
    radius: float
    hover: str = ""


@dataclass(frozen=True)
class ChartLine:
    """Straight lines in the notation of an SVG path."""

    classes: str
    d: str


@dataclass(frozen=True)
class ChartText:
    """A line of text; `turned` runs upwards, `halo` draws an outline around it."""

    classes: str
    x: float
    y: float
    text: str
    size: float = SIZE
    anchor: str = "start"
    bold: bool = False
    turned: bool = False
    halo: bool = False


@dataclass(frozen=True)
class PlottedChart:
    """A finished chart."""

    name: str
    title: str
    about: str
    width: float
    height: float
    plot: Box
    lines: tuple[ChartLine, ...]
    dots: tuple[Dot, ...]
    over: tuple[ChartLine, ...]
    texts: tuple[ChartText, ...]


def plotted(chart: Chart) -> PlottedChart:
    """Compute every place of a chart; deterministic."""
    return _Plot(chart).view()


class _Plot:
    """The frame of a chart, its scales and its contents."""

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.known = [point for point in chart.points if point.y is not None]
        self.most = max((point.area or 0.0 for point in chart.points), default=0.0)
        below = [self.radius(point.area) for point in chart.points if point.y is None]
        lane = theme.LANE + 2 * max(below) if below and self.known else 0.0
        foot = theme.HEIGHT - theme.BOTTOM
        right = theme.WIDTH - (theme.RIGHT if chart.area or chart.shade else 28.0)
        self.frame = Box(theme.LEFT, theme.TOP, right, foot)
        self.floor = foot - lane
        self.x = axis_scale([point.x for point in chart.points], theme.LEFT, right, 8)
        self.y = axis_scale(
            [p.y for p in self.known if p.y is not None] or [0.0], self.floor, theme.TOP
        )
        shades = [point.shade for point in chart.points if point.shade]
        self.shades = _edges(shades) if chart.shade and shades else ()

    def view(self) -> PlottedChart:
        chart = self.chart
        # The small ones and the best on top.
        order = sorted(chart.points, key=lambda point: (point.best, -(point.area or 0.0)))
        labels = self._labels()
        legend = list(self._legend())
        return PlottedChart(
            chart.name, chart.title, chart.about, theme.WIDTH, theme.HEIGHT, self.frame,
            tuple(self._grid()),
            (*(self._dot(point) for point in order), *(d for d in legend if isinstance(d, Dot))),
            (*self._front(), *(_leader(each) for each in labels if each.leader)),
            (
                *self._titles(), *self._numbers(), *(t for t in legend if isinstance(t, ChartText)),
                *map(_text, labels),
            ),
        )  # fmt: skip

    # -------------------------------------------------------------- points

    def circle(self, point: ChartPoint) -> Circle:
        middle = (self.floor + CAPTION + self.frame.bottom) / 2
        y = middle if point.y is None else self.y.at(point.y)
        return Circle(self.x.at(point.x), y, self.radius(point.area))

    def radius(self, area: float | None) -> float:
        if not self.chart.area or area is None:
            return theme.PLAIN
        return max(theme.LARGEST * sqrt(area / self.most), theme.SMALLEST)

    def _dot(self, point: ChartPoint) -> Dot:
        circle = self.circle(point)
        classes = "dot" + (" best" if point.best else "")
        if point.shade and self.shades:
            classes += f" shade{sum(point.shade > edge for edge in self.shades[1:-1])}"
        return Dot(classes, circle.x, circle.y, circle.radius, point.hover or point.label)

    def _labels(self) -> list[PlacedLabel]:
        """Place labels: at the best points where there is room, or else at all points."""
        best = [point for point in self.chart.points if point.best]
        labelled = (best or list(self.chart.points))[:MOST_LABELS]
        rest = [point for point in self.chart.points if point not in labelled]
        circles = [self.circle(point) for point in (*labelled, *rest[:MOST_OBSTACLES])]
        frames = [self._room(point) for point in labelled]
        texts = [point.label for point in labelled]
        ends = self._ends()
        clear = [box for start, end in pairwise(ends) for box in along(*start, *end)]
        left = self.frame.left  # the caption of the points below
        clear.append(Box(left, self.floor, left + width(self.chart.unknown), self.floor + CAPTION))
        return place_labels(texts, circles, frames, clear, all_of_them=not best)

    def _room(self, point: ChartPoint) -> Box:
        """Return where the label of a point may be."""
        frame = self.frame
        if point.y is None:
            return Box(frame.left, self.floor, frame.right, frame.bottom)
        return Box(frame.left, frame.top, frame.right, self.floor)

    def _front(self) -> Iterator[ChartLine]:
        ends = self._ends()
        if len(ends) > 1:
            yield ChartLine("front", _path(ends))

    def _ends(self) -> list[tuple[float, float]]:
        """Return the places of the best points, from left to right."""
        circles = [self.circle(point) for point in self.chart.points if point.best]
        return sorted((circle.x, circle.y) for circle in circles)

    # -------------------------------------------------------------- around them

    def _grid(self) -> Iterator[ChartLine]:
        frame = self.frame
        for x in map(self.x.at, self.x.ticks):
            yield ChartLine("grid", _path([(x, frame.top), (x, frame.bottom)]))
        for y in map(self.y.at, self.y.ticks if self.known else ()):
            yield ChartLine("grid", _path([(frame.left, y), (frame.right, y)]))
        if self.floor < frame.bottom:
            yield ChartLine("lane", _path([(frame.left, self.floor), (frame.right, self.floor)]))

    def _numbers(self) -> Iterator[ChartText]:
        for tick in self.x.ticks:
            place = self.x.at(tick)
            yield ChartText("quiet", place, self.frame.bottom + 16, written(tick), 11, "middle")
        for tick in self.y.ticks if self.known else ():
            yield ChartText(
                "quiet", self.frame.left - 8, self.y.at(tick) + 4, written(tick), 11, "end"
            )

    def _titles(self) -> Iterator[ChartText]:
        frame, chart = self.frame, self.chart
        yield ChartText("ink", frame.left, 28, chart.title, 16, bold=True)
        yield ChartText("quiet", frame.left, 48, chart.subtitle, 11.5)
        middle = (frame.left + frame.right) / 2
        yield ChartText("ink", middle, frame.bottom + 36, _axis(chart.x, self.x), 12, "middle")
        middle = (frame.top + self.floor) / 2
        yield ChartText("ink", 18, middle, _axis(chart.y, self.y), 12, "middle", turned=True)
        if self.floor < frame.bottom:
            yield ChartText("quiet", frame.left + 6, self.floor + 13, chart.unknown, 10.5)
        for number, note in enumerate(chart.notes):
            yield ChartText("quiet", frame.left, frame.bottom + 56 + 14 * number, note, 10)

    # -------------------------------------------------------------- legends

    def _legend(self) -> Iterator[Dot | ChartText]:
        left, top = self.frame.right + 22, self.frame.top + 6
        if self.chart.area and self.most:
            yield ChartText("ink", left, top, self.chart.area, 11.5, bold=True)
            yield ChartText("quiet", left, top + 15, self.chart.area_unit, 11)
            top += 30
            sizes = dict.fromkeys(nice(self.most / part) for part in (1, 5, 25))
            for size in sizes:
                radius = self.radius(size)
                top += radius + 5
                yield Dot("ring", left + theme.LARGEST, top, radius)
                yield ChartText("quiet", left + 2 * theme.LARGEST + 12, top + 4, written(size), 11)
                top += radius + 3
            top += 34
        if self.shades:
            yield ChartText("ink", left, top, self.chart.shade, 11.5, bold=True)
            yield ChartText("quiet", left, top + 15, self.chart.shade_unit, 11)
            for number, (low, high) in enumerate(zip(self.shades, self.shades[1:], strict=False)):
                y = top + 36 + 21 * number
                yield Dot(f"shade{number}", left + 8, y, 8)
                yield ChartText("quiet", left + 24, y + 4, f"{written(low)} to {written(high)}", 11)


def _edges(numbers: Sequence[float]) -> tuple[float, ...]:
    """Return the bounds of the shades: equal ratios from least to largest, rounded."""
    low, high = min(numbers), max(numbers)
    if low == high:
        return (low, high)
    step = log(high / low) / theme.SHADES
    inner = [low * exp(step * n) for n in range(1, theme.SHADES)]
    return (low, *(float(f"{edge:.2g}") for edge in inner), high)


def _axis(title: str, scale: AxisScale) -> str:
    return f"{title}, logarithmic" if scale.log else title


def _path(places: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)


def _leader(label: PlacedLabel) -> ChartLine:
    x, y, to_x, to_y = label.leader or (0.0, 0.0, 0.0, 0.0)
    return ChartLine("leader", _path([(x, y), (to_x, to_y)]))


def _text(label: PlacedLabel) -> ChartText:
    middle = (label.box.left + label.box.right) / 2
    base = (label.box.top + label.box.bottom) / 2 + SIZE * 0.35
    return ChartText("ink", middle, base, label.text, SIZE, "middle", halo=True)
