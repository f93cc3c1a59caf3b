"""The layout of one body: the question to Graphviz, and the places and routes from its answer."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from archdsl.backends.diagram import theme
from archdsl.backends.diagram.bar_widths import Lines, reaches
from archdsl.backends.diagram.dense_blocks import DenseRail
from archdsl.backends.diagram.dot import body_text, node_name
from archdsl.backends.diagram.edge_routes import (
    CLOSE,
    EdgeRoute,
    Obstacles,
    PartPlace,
    Point,
    Tracks,
    edge_routes,
)
from archdsl.backends.diagram.graphviz import GraphvizLayout
from archdsl.backends.diagram.part_sizes import Extent, header
from archdsl.backends.diagram.picture_model import OUT, Key, PictureBody, PicturePart
from archdsl.backends.diagram.skip_lanes import Edge, lane_routes, skips

ROUNDS = 4  # after so many no skip has a lane: each round is a layout
BALANCED = 3 * theme.LANE  # what a box may be wider on one side to have its way in the middle


@dataclass(slots=True)
class PlacedBody:
    """A body with places and routes, relative to its own top left corner."""

    width: float = 0.0
    height: float = 0.0
    places: list[PartPlace] = field(default_factory=list)
    routes: list[EdgeRoute] = field(default_factory=list)
    rail: DenseRail | None = None
    flush: bool = False  # a frame that begins with one part, at its very top
    way_in: float = 0.0  # where values enter a frame, and where they leave it
    exits: list[float] = field(default_factory=list)


@dataclass
class PictureLayout:
    """The extents of all parts, and the placed bodies of the opened ones, by identity."""

    extents: dict[int, Extent] = field(default_factory=dict)
    bodies: dict[int, PlacedBody] = field(default_factory=dict)


@dataclass
class BodyLayout:
    """The layout of one body, in rounds: `skips` shrinks by the edges that find no lane."""

    part: PicturePart
    layout: PictureLayout
    skips: list[Edge] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)
    rounds: int = 0

    def __post_init__(self) -> None:
        self.skips = skips(self.body)
        ends = [key for edge in self.body.edges for key in edge if not isinstance(key, int)]
        self.keys = list(dict.fromkeys(ends))
        if self.part.parent is None:
            self.keys = []
        self._widen()

    @property
    def body(self) -> PictureBody:
        assert self.part.body is not None
        return self.part.body

    def _widen(self) -> None:
        """Give all cards of a body one width, and a bar the width of what it merges."""
        extents = self.layout.extents
        cards = [part for part in self.body.parts if part.form == "card"]
        widest = max((extents[id(part)].width for part in cards), default=0.0)
        for part in cards:
            extents[id(part)].width = widest
        skipped = set(self.skips)
        sources: dict[Key, list[PicturePart]] = {}
        for a, b in self.body.edges:
            if isinstance(a, int) and (a, b) not in skipped:
                sources.setdefault(b, []).append(self.body.parts[a])
        for position, part in enumerate(self.body.parts):
            if part.form != "bar":
                continue
            wide = [extents[id(each)].room[0] for each in sources.get(position, ())]
            if len(wide) > 1:
                reach = sum(wide) + theme.BESIDE * (len(wide) - 1)
                extents[id(part)].width = max(extents[id(part)].width, reach)

    def text(self) -> str:
        """Return the question to Graphviz."""
        rooms = [self.layout.extents[id(part)].room for part in self.body.parts]
        skipped = set(self.skips)
        edges = [
            (a, b, mark)
            for (a, b), mark in self.body.edges.items()
            if (a, b) not in skipped and self._has(a) and self._has(b)
        ]
        return body_text(rooms, self.keys, edges)

    def _has(self, key: Key) -> bool:
        return isinstance(key, int) or key in self.keys

    def arranged(self, placed: GraphvizLayout) -> PlacedBody | None:
        """Return the body with its places; None where another round is needed, with fewer lanes."""
        places = self._places(placed)
        seen = [places[key] for key in range(len(self.body.parts))]
        self._stretch(places, Obstacles(seen), placed)
        around = Obstacles(seen)
        marks = [((a, b), self.body.edges[a, b]) for a, b in self.skips]
        routes, failed = lane_routes(marks, places, around)
        if failed:
            self.rounds += 1
            without = set(failed if self.rounds < ROUNDS else self.skips)
            self.skips = [edge for edge in self.skips if edge not in without]
            return None
        routes += self._others(places, around, placed, routes)
        frame = self.part.form == "frame"
        return (self._framed if frame else self._moved)(seen, routes, places)

    def _places(self, placed: GraphvizLayout) -> dict[Key, PartPlace]:
        places: dict[Key, PartPlace] = {}
        for position, part in enumerate(self.body.parts):
            size = self.layout.extents[id(part)]
            x, y = placed.nodes[f"n{position}"]
            top = y - size.room[1] / 2
            place = PartPlace(x, top, size.width, size.height, size.room, part.form)
            if part.form == "frame":
                place.offset = size.width / 2 - self.layout.bodies[id(part)].way_in
                place.x -= place.offset
            places[position] = place
        for key in self.keys:
            x, y = placed.nodes[str(key)]
            y = placed.height if key == OUT else 0.0
            places[key] = PartPlace(x, y, 0.0, 0.0, (0.0, 0.0), "port")
        return places

    def _stretch(
        self, places: dict[Key, PartPlace], around: Obstacles, placed: GraphvizLayout
    ) -> None:
        """Stretch each bar from the first to the last part that it merges, where there is room."""
        skipped = set(self.skips)
        into: dict[Key, list[PartPlace]] = {}
        for a, b in self.body.edges:
            if (a, b) not in skipped and places[a].form != "port":
                into.setdefault(b, []).append(places[a])
        lines = Lines(placed)
        for key, bar in places.items():
            merged = into.get(key, [])
            if bar.form != "bar" or len(merged) < 2:
                continue
            for left, right in reaches(bar, merged):
                ends = (left, bar.top), (right, bar.top)
                if around.free(*ends, bar) and not lines.cross(bar, node_name(key), left, right):
                    bar.offset, bar.width = (left + right) / 2 - bar.x, right - left
                    bar.room = (bar.width, bar.room[1])
                    around.widened(bar)
                    break

    def _others(
        self,
        places: dict[Key, PartPlace],
        around: Obstacles,
        placed: GraphvizLayout,
        drawn: list[EdgeRoute],
    ) -> list[EdgeRoute]:
        """Return the routes of the edges without a lane: plain ones, else Graphviz's."""
        skipped = set(self.skips)
        flush = self._begins_with_one()
        tracks = Tracks()
        for lane, (a, b) in zip(drawn, self.skips, strict=True):
            tracks.take(lane.points, a, b)
        found = []
        for (a, b), mark in self.body.edges.items():
            if (a, b) in skipped or not (self._has(a) and self._has(b)) or b == OUT:
                continue
            if flush and not isinstance(a, int):
                continue
            arrow = self._is_flush(b) or places[b].form != "frame"
            for start in self._starts(a, places[a]):
                known = edge_routes(start, places[b], around, places[a])
                if known:
                    points = next((each for each in known if tracks.free(each, a, b)), known[0])
                    tracks.take(points, a, b)
                    found.append(EdgeRoute(points, mark, arrow=arrow))
                    continue
                spline = placed.splines[node_name(a), node_name(b)]
                points = ((start.x, start.bottom), *spline, (spline[-1][0], places[b].top))
                found.append(EdgeRoute(points, mark, curved=True, arrow=arrow))
        return found

    def _is_flush(self, key: Key) -> bool:
        part = self.body.parts[key] if isinstance(key, int) else None
        return part is not None and part.form == "frame" and self.layout.bodies[id(part)].flush

    def _starts(self, key: Key, place: PartPlace) -> list[PartPlace]:
        """Return where an edge leaves a part: its foot, or the feet of a frame's columns."""
        if place.form != "frame" or not isinstance(key, int):
            return [place]
        feet = self.layout.bodies[id(self.body.parts[key])].exits
        left = place.centre - place.width / 2
        return [replace(place, x=left + x, offset=place.centre - left - x) for x in feet]

    def _moved(
        self, seen: list[PartPlace], routes: list[EdgeRoute], places: dict[Key, PartPlace]
    ) -> PlacedBody:
        """Move everything to the corner, with the exit of the body in its middle."""
        left, right = _sides(seen, routes)
        exits = [places[key].x for key in self.keys if key == OUT]
        inside = self.part.parent is not None
        if inside and exits:
            middle = exits[0]
            if abs((middle - left) - (right - middle)) <= BALANCED:
                half = max(middle - left, right - middle)
                left, right = middle - half, middle + half
        wide = right - left
        if inside:  # a title may be wider than what it is above
            missing = max(header(self.part) - 2 * theme.PADDING - wide, 0.0)
            left, wide = left - missing / 2, wide + missing
        height = max([*(place.end for place in seen), *(places[key].top for key in self.keys)])
        height += theme.PADDING if inside and not exits else 0.0
        routes += self._exits(places, left + wide / 2, height)
        return PlacedBody(wide, height, *_shifted(seen, routes, left, 0.0))

    def _framed(
        self, seen: list[PartPlace], routes: list[EdgeRoute], places: dict[Key, PartPlace]
    ) -> PlacedBody:
        """Return a branch close around its parts; if it begins with one part, that is its top."""
        left, right = _sides(seen, routes)
        flush = self._begins_with_one()
        top = min(place.top for place in seen) if flush else 0.0
        bottom = max(place.end for place in seen)
        routes += self._exits(places, None, bottom)
        starts = (self._starts(a, places[a]) for a, b in self.body.edges if b == OUT)
        outs = [start.x - left for found in starts for start in found]
        entries = [places[key].x - left for key in self.keys if key != OUT]
        if flush:
            entries = [seen[b].x - left for a, b in self.body.edges if not isinstance(a, int)
                       and isinstance(b, int)]  # fmt: skip
        moved = _shifted(seen, routes, left, top)
        way_in = entries[0] if entries else (right - left) / 2
        return PlacedBody(right - left, bottom - top, *moved, None, flush, way_in, outs)

    def _begins_with_one(self) -> bool:
        """Whether all that enters a frame goes to one of its cards, which is not opened."""
        if self.part.form != "frame":
            return False
        into = [b for a, b in self.body.edges if not isinstance(a, int)]
        return len(into) == 1 and isinstance(into[0], int)

    def _exits(
        self, places: dict[Key, PartPlace], middle: float | None, height: float
    ) -> list[EdgeRoute]:
        found = []
        for (a, b), mark in self.body.edges.items():
            if b != OUT or not self._has(b):
                continue
            for start in self._starts(a, places[a]):
                found.append(EdgeRoute(_exit(start, middle, height), mark, arrow=False))
        return found


def _sides(seen: list[PartPlace], routes: list[EdgeRoute]) -> tuple[float, float]:
    """Return how far parts and lines reach to the left and to the right."""
    xs = [x for route in routes for x, _ in route.points]
    left = min([*(place.left for place in seen), *xs], default=0.0)
    return left, max([*(place.right for place in seen), *xs], default=0.0)


def _shifted(
    seen: list[PartPlace], routes: list[EdgeRoute], left: float, top: float
) -> tuple[list[PartPlace], list[EdgeRoute]]:
    """Return places and routes relative to a new corner."""
    moved = [
        replace(route, points=tuple((x - left, y - top) for x, y in route.points))
        for route in routes
    ]
    return [place.moved(-left, -top) for place in seen], moved


def _exit(start: PartPlace, middle: float | None, height: float) -> tuple[Point, ...]:
    """Return the route from the foot of a part to the middle of its box's; straight for a frame."""
    x = start.x
    if middle is None or abs(x - middle) < CLOSE:
        return ((x, start.bottom), (x, height))
    if start.form == "bar" and start.spans(middle):
        return ((middle, start.bottom), (middle, height))
    turn = height - theme.GAP / 2
    return ((x, start.bottom), (x, turn), (middle, turn), (middle, height))
