"""Hourglass networks, such as U-Net: two columns with skips straight across."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from archdsl.backends.diagram.body_layout import PictureLayout, PlacedBody
from archdsl.backends.diagram.dot import body_text
from archdsl.backends.diagram.edge_routes import CLOSE, EdgeRoute, PartPlace, Point
from archdsl.backends.diagram.graphviz import GraphvizLayout
from archdsl.backends.diagram.picture_model import PicturePart
from archdsl.backends.diagram.skip_lanes import skips

APART = 64.0  # between the columns
Pair = tuple[int, int]


@dataclass(frozen=True)
class Hourglass:
    """A body whose parts are one chain, with nested skips.

    From the part at `turn` on, values flow upwards.
    """

    part: PicturePart
    layout: PictureLayout
    across: tuple[Pair, ...]
    turn: int

    def text(self) -> str:
        """Return the question to Graphviz: the second column upside down, skips in one row."""
        assert self.part.body is not None
        rooms = [self.layout.extents[id(part)].room for part in self.part.body.parts]
        chain = [
            (k, k + 1, "") if k + 1 < self.turn else (k + 1, k, "") for k in range(len(rooms) - 1)
        ]
        return body_text(rooms, [], chain, self.across, APART)

    def arranged(self, placed: GraphvizLayout) -> PlacedBody:
        """Return the body with its places."""
        assert self.part.body is not None
        places = []
        for number, part in enumerate(self.part.body.parts):
            size = self.layout.extents[id(part)]
            x, y = placed.nodes[f"n{number}"]
            up = number >= self.turn
            top = y - size.room[1] / 2 + (size.strip if up else 0.0)
            places.append(
                PartPlace(x, top, size.width, size.height, size.room, part.form, upwards=up)
            )
        routes = [self._along(places, k) for k in range(len(places) - 1)]
        routes += [EdgeRoute(_over(places[a], places[b])) for a, b in self.across]
        return PlacedBody(placed.width, placed.height, places, routes)

    def _along(self, places: list[PartPlace], k: int) -> EdgeRoute:
        """Return the route between neighbours of the chain: down, round the turn, or up."""
        a, b = places[k], places[k + 1]
        if k + 1 < self.turn:
            return EdgeRoute(_bent((a.x, a.bottom), (b.x, b.top)))
        if k + 1 == self.turn:
            side = a.x + (a.width / 2 if b.x > a.x else -a.width / 2)
            return EdgeRoute(((side, a.middle), (b.x, a.middle), (b.x, b.bottom)))
        return EdgeRoute(_bent((a.x, a.top), (b.x, b.bottom)))


def hourglass(part: PicturePart, layout: PictureLayout) -> Hourglass | None:
    """Return the network as an hourglass; None where it is not one."""
    if part.parent is not None or part.body is None:
        return None
    chain = {(k, k + 1) for k in range(len(part.body.parts) - 1)}
    others = [edge for edge in part.body.edges if edge not in chain]
    pairs = [(a, b) for a, b in skips(part.body) if isinstance(a, int) and isinstance(b, int)]
    if len(pairs) < 2 or len(pairs) != len(others) or not chain <= part.body.edges.keys():
        return None
    for (inner_a, inner_b), (a, b) in pairwise(pairs):
        if not a < inner_a < inner_b < b:
            return None
    first, last = pairs[0]
    turn = last - 1 if last - first > 2 else last
    if any(each.body is not None for each in part.body.parts[turn:]):
        return None  # what is opened is read downwards
    return Hourglass(part, layout, tuple(pairs), turn)


def _over(a: PartPlace, b: PartPlace) -> tuple[Point, ...]:
    """Return a line from side to side, at a height that both parts have."""
    right = b.x > a.x
    y = min(max(b.middle, a.top + 6), a.bottom - 6)
    start = a.x + (a.width / 2 if right else -a.width / 2)
    return ((start, y), (b.x + (-b.width / 2 if right else b.width / 2), y))


def _bent(a: Point, b: Point) -> tuple[Point, ...]:
    """Return a straight line, or one with a step where the columns are not in line."""
    if abs(a[0] - b[0]) < CLOSE:
        return (a, b)
    middle = (a[1] + b[1]) / 2
    return (a, (a[0], middle), (b[0], middle), b)
