"""Routes of edges between placed parts: straight, with corners, or curved."""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import inf

Point = tuple[float, float]
CLOSE = 0.75  # pixels that nobody sees
BEND = 8.0  # how far below a part a line turns
BENDS = (BEND, BEND - 4, BEND + 4)  # other heights to turn at, where a line is taken
TRACK = 3.5  # between lines side by side


@dataclass(frozen=True, slots=True)
class EdgeRoute:
    """The route of an edge: corners, or control points of a spline; and its mark."""

    points: tuple[Point, ...]
    mark: str = ""
    curved: bool = False
    arrow: bool = True


@dataclass(slots=True)
class PartPlace:
    """The place of a part: centre line, top, drawn size, and the room it takes."""

    x: float
    top: float
    width: float
    height: float
    room: tuple[float, float]
    form: str = "card"
    upwards: bool = False  # values flow up: its shape is written above it
    sideways: bool = False  # they leave it at its side
    offset: float = 0.0  # of what is drawn from the line on which values flow

    def moved(self, x: float, y: float) -> PartPlace:
        return replace(self, x=self.x + x, top=self.top + y)

    @property
    def bottom(self) -> float:
        """The y at which the drawn part ends."""
        return self.top + self.height

    @property
    def end(self) -> float:
        """The y at which its room ends."""
        return self.top + self.room[1]

    @property
    def strip(self) -> bool:
        """Whether its shape is written below it."""
        return self.room[1] > self.height

    @property
    def centre(self) -> float:
        """The middle of what is drawn."""
        return self.x + self.offset

    @property
    def left(self) -> float:
        return self.centre - self.room[0] / 2

    @property
    def right(self) -> float:
        return self.centre + self.room[0] / 2

    def spans(self, x: float) -> bool:
        """Whether a vertical line at x meets the drawn part well inside it."""
        return abs(x - self.centre) < self.width / 2 - 6

    @property
    def middle(self) -> float:
        return self.top + self.height / 2


@dataclass
class _Row:
    """The places with one top, from left to right; `width` is the widest."""

    places: list[PartPlace]
    lefts: list[float] = field(default_factory=list)
    width: float = 0.0

    def __post_init__(self) -> None:
        self.places.sort(key=lambda place: place.left)
        self.lefts = [place.left for place in self.places]
        self.width = max(place.right - place.left for place in self.places)

    def between(self, left: float, right: float) -> list[PartPlace]:
        """Return the places that may reach into a range of the page's width."""
        start = bisect_left(self.lefts, left - self.width)
        return self.places[start : bisect_left(self.lefts, right)]


@dataclass
class Obstacles:
    """The rooms of a body's parts, which lines must not cross, found by place.

    A row of thousands of parts costs a line no more than the parts it passes.
    """

    places: Sequence[PartPlace]
    _tops: list[float] = field(default_factory=list)
    _rows: list[_Row] = field(default_factory=list)
    _tallest: float = 0.0

    def __post_init__(self) -> None:
        rows: dict[float, list[PartPlace]] = {}
        for place in self.places:
            rows.setdefault(place.top, []).append(place)
        self._tops = sorted(rows)
        self._rows = [_Row(rows[top]) for top in self._tops]
        self._tallest = max((place.room[1] for place in self.places), default=0.0)

    def between(
        self, top: float, bottom: float, left: float = -inf, right: float = inf
    ) -> list[PartPlace]:
        """Return the places that reach into a range of heights and, if given, of widths."""
        start = bisect_left(self._tops, top - self._tallest)
        stop = bisect_left(self._tops, bottom)
        found = []
        for row in self._rows[start:stop]:
            found += [
                place for place in row.between(left, right)
                if place.end > top and place.right > left
            ]  # fmt: skip
        return found

    def free(self, a: Point, b: Point, *ends: PartPlace) -> bool:
        """Whether a horizontal or vertical line meets no place but its ends."""
        (x1, y1), (x2, y2) = a, b
        left, right = min(x1, x2) - 2, max(x1, x2) + 2
        met = self.between(min(y1, y2), max(y1, y2) + CLOSE, left, right)
        return all(any(place is end for end in ends) for place in met)

    def widened(self, place: PartPlace) -> None:
        """Update the index after a place's width has changed."""
        at = bisect_left(self._tops, place.top)
        self._rows[at] = _Row(self._rows[at].places)

    def clear(self, points: Sequence[Point], *ends: PartPlace) -> bool:
        """Whether a route with corners meets no place but its ends."""
        pairs = itertools.pairwise(points)
        return all(self.free(a, b, *ends) for a, b in pairs)


@dataclass
class Tracks:
    """The horizontal lines drawn so far, so that values of different origin share none."""

    _taken: dict[int, list[tuple[float, float, float, object, object]]] = field(
        default_factory=dict
    )

    def take(self, points: Sequence[Point], source: object, target: object) -> None:
        """Reserve the horizontal lines of a route."""
        for y, left, right in _horizontals(points):
            self._taken.setdefault(int(y // TRACK), []).append((y, left, right, source, target))

    def free(self, points: Sequence[Point], source: object, target: object) -> bool:
        """Whether no line of another source and target lies in the same track."""
        for y, left, right in _horizontals(points):
            row = int(y // TRACK)
            for near in (row - 1, row, row + 1):
                for other_y, other_left, other_right, *ends in self._taken.get(near, ()):
                    apart = ends[0] != source and ends[1] != target
                    overlap = min(right, other_right) - max(left, other_left)
                    if apart and abs(y - other_y) < TRACK and overlap > CLOSE:
                        return False
        return True


def _horizontals(points: Sequence[Point]) -> list[tuple[float, float, float]]:
    return [
        (y0, min(x0, x1), max(x0, x1))
        for (x0, y0), (x1, y1) in pairwise(points)
        if abs(y0 - y1) < CLOSE
    ]


def edge_routes(
    a: PartPlace, b: PartPlace, around: Obstacles, own: PartPlace
) -> list[tuple[Point, ...]]:
    """Return the routes between two parts that cross no other, the plainest first.

    `own` is the part that a route leaves; `a` may be only one of its feet.
    """
    return [points for points in _candidate_routes(a, b) if around.clear(points, own, b)]


def _candidate_routes(a: PartPlace, b: PartPlace) -> list[tuple[Point, ...]]:
    start = (a.x, a.bottom)
    if abs(a.x - b.x) < CLOSE:
        return [(start, (a.x, b.top))]
    if b.form == "bar" and b.spans(a.x):
        return [(start, (a.x, b.top))]
    if a.form == "bar" and a.spans(b.x) and not a.strip:
        return [((b.x, a.bottom), (b.x, b.top))]
    found: list[tuple[Point, ...]] = []
    if b.form == "sign" and abs(a.x - b.x) > b.width / 2 + BEND:
        side = b.x + (b.width / 2 if a.x > b.x else -b.width / 2)
        found.append((start, (a.x, b.middle), (side, b.middle)))
    early = [a.end + bend for bend in BENDS]
    late = [b.top - bend - 2 for bend in BENDS]
    if b.form == "bar":
        inside = b.width / 2 - 12
        x = min(max(a.x, b.centre - inside), b.centre + inside)
        found += [(start, (a.x, y), (x, y), (x, b.top)) for y in late]
    if early[0] > late[0] + CLOSE:
        early, late = [(a.end + b.top) / 2], []
    turns = [y for y in (*early, *late) if a.end < y < b.top]
    return found + [(start, (a.x, y), (b.x, y), (b.x, b.top)) for y in turns]
