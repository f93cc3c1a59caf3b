"""Fold a tall body into columns that are read from left to right.

A body is cut only between parts, where a single line leads from one to the next. That line goes on
through the gutter to the top of the next column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil, inf

from archdsl.backends.diagram.body_layout import PlacedBody
from archdsl.backends.diagram.edge_routes import EdgeRoute, PartPlace, Point

GUTTER = 26.0  # between columns; the line to the next one runs in its middle
HEAD = 22.0  # above the columns, where lines enter them
FOOT = 16.0  # below them, where lines leave them
BELOW = 9.0  # from a column's last part to its line to the next


@dataclass(frozen=True)
class Cut:
    """A height between two parts, and the number of the only route across it."""

    y: float
    route: int


@dataclass(frozen=True)
class Column:
    """The heights that a column takes from the body, and how far it moves."""

    top: float
    bottom: float
    left: float
    right: float
    dx: float
    dy: float

    def holds(self, y: float) -> bool:
        return self.top <= y < self.bottom


def folded(body: PlacedBody, most: float, boxed: bool) -> PlacedBody:
    """Return a body whose columns are at most `most` pixels high, as far as it can be cut.

    `boxed` is whether lines enter and leave it in the middle of a box.
    """
    cuts = _cuts(body) if body.rail is None else []
    chosen = _chosen(cuts, body.height, ceil(body.height / most)) if body.height > most else []
    if not chosen:
        return body
    columns = _columns(body, chosen)
    places = [_moved(place, columns) for place in body.places]
    width = columns[-1].right + columns[-1].dx
    height = max(place.end for place in places) + BELOW + FOOT
    across = {cut.route: number for number, cut in enumerate(chosen)}
    middle = width / 2 if boxed else None
    routes = []
    for number, route in enumerate(body.routes):
        if number in across:
            here, there = columns[across[number]], columns[across[number] + 1]
            routes.append(_led_over(route, here, there, places))
        else:
            routes.append(_led(route, columns, body.height, middle, height))
    return replace(body, width=width, height=height, places=places, routes=routes)


def _cuts(body: PlacedBody) -> list[Cut]:
    """Return the heights at which a single line passes between parts."""
    spans = sorted((place.top, place.end) for place in body.places)
    lines = [(min(y for _, y in r.points), max(y for _, y in r.points)) for r in body.routes]
    found: list[Cut] = []
    end = spans[0][1] if spans else 0.0
    for top, bottom in spans[1:]:
        if top > end:
            y = (end + top) / 2
            across = [n for n, (low, high) in enumerate(lines) if low < y < high]
            if len(across) == 1 and not body.routes[across[0]].curved:
                found.append(Cut(y, across[0]))
        end = max(end, bottom)
    twice = [cut.route for cut in found]
    return [cut for cut in found if twice.count(cut.route) == 1]


def _chosen(cuts: Sequence[Cut], height: float, count: int) -> list[Cut]:
    """Return the cuts into so many columns whose tallest is the least tall."""
    count = min(count, len(cuts) + 1)
    ends = [0.0, *(cut.y for cut in cuts), height]
    tallest = {(0, 0): 0.0}  # of columns up to an end
    before: dict[tuple[int, int], int] = {}
    for columns in range(1, count + 1):
        for end in range(columns, len(ends)):
            options = [
                (max(tallest[columns - 1, start], ends[end] - ends[start]), start)
                for start in range(columns - 1, end)
                if (columns - 1, start) in tallest
            ]
            tallest[columns, end], before[columns, end] = min(options)
    chosen: list[Cut] = []
    end = len(ends) - 1
    for columns in range(count, 1, -1):
        end = before[columns, end]
        chosen.insert(0, cuts[end - 1])
    return chosen


def _columns(body: PlacedBody, cuts: Sequence[Cut]) -> list[Column]:
    """Return the columns side by side, each with its first part at the same height."""
    across = {cut.route for cut in cuts}
    found: list[Column] = []
    x = 0.0
    for top, bottom in pairwise([-inf, *(cut.y for cut in cuts), inf]):
        places = [place for place in body.places if top <= place.top < bottom]
        points = [
            x
            for number, route in enumerate(body.routes)
            if number not in across
            for x, y in route.points
            if top <= y < bottom and 0 < y < body.height
        ]
        left = min([*(place.left for place in places), *points])
        right = max([*(place.right for place in places), *points])
        first = min(place.top for place in places)
        found.append(Column(top, bottom, left, right, x - left, HEAD - first))
        x += right - left + GUTTER
    return found


def _moved(place: PartPlace, columns: Sequence[Column]) -> PartPlace:
    column = next(each for each in columns if each.holds(place.top))
    return place.moved(column.dx, column.dy)


def _led(
    route: EdgeRoute,
    columns: Sequence[Column],
    bottom: float,
    middle: float | None,
    height: float,
) -> EdgeRoute:
    """Return a route within one column, with its entry and its exit in the middle of the box."""
    inside = [y for _, y in route.points if 0 < y < bottom] or [route.points[0][1]]
    column = next(each for each in columns if each.holds(inside[0]))
    points: list[Point] = [(x + column.dx, y + column.dy) for x, y in route.points]
    if route.points[0][1] <= 0 and middle is not None:
        x = points[1][0]
        points[:1] = _bent((middle, 0.0), HEAD / 3, x) if abs(x - middle) > 1 else [(x, 0.0)]
    if route.points[-1][1] >= bottom:
        x, y = points[0]
        end = x if middle is None else middle
        turn = height - FOOT / 2
        points = [(x, y), (x, turn), (end, turn), (end, height)]
        if abs(x - end) <= 1:
            points = [(x, y), (x, height)]
    return replace(route, points=tuple(points))


def _bent(start: Point, turn: float, x: float) -> list[Point]:
    return [start, (start[0], turn), (x, turn)]


def _led_over(
    route: EdgeRoute, here: Column, there: Column, places: Sequence[PartPlace]
) -> EdgeRoute:
    """Return the route from the foot of one column through the gutter to the head of the next."""
    (x0, y0), (x1, y1) = route.points[0], route.points[-1]
    start, end = (x0 + here.dx, y0 + here.dy), (x1 + there.dx, y1 + there.dy)
    left, right = here.left + here.dx, here.right + here.dx
    foot = max(place.end for place in places if left - 1 <= place.centre <= right + 1) + BELOW
    gutter = right + GUTTER / 2
    turn = HEAD * 2 / 3
    points = (start, (start[0], foot), (gutter, foot), (gutter, turn), (end[0], turn), end)
    return replace(route, points=points)
