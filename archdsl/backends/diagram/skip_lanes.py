"""Skips: edges past the parts between their ends, each in a lane at the side."""

from __future__ import annotations

from collections.abc import Mapping

from archdsl.backends.diagram import theme
from archdsl.backends.diagram.edge_routes import BEND, EdgeRoute, Obstacles, PartPlace, Point
from archdsl.backends.diagram.picture_model import OUT, Key, PictureBody

MOST = 6  # lanes side by side; edges beyond are Graphviz's
Edge = tuple[Key, Key]


def skips(body: PictureBody) -> list[Edge]:
    """Return the edges whose ends are also connected by another path, shortest first."""
    targets: dict[Key, list[Key]] = {}
    sources: dict[Key, int] = {}
    for source, target in body.edges:
        targets.setdefault(source, []).append(target)
        sources[target] = sources.get(target, 0) + 1
    found = [
        (source, target)
        for source, target in body.edges
        if sources[target] > 1 and len(targets[source]) > 1 and target != OUT
        and _passes(source, target, targets)
    ]  # fmt: skip
    return sorted(found, key=lambda edge: (_span(edge), str(edge)))


def _passes(source: Key, target: Key, targets: Mapping[Key, list[Key]]) -> bool:
    """Whether another path leads from source to target; positions only grow along a path."""
    assert isinstance(target, int)
    stack = [each for each in targets[source] if each != target]
    seen = set(stack)
    while stack:
        for each in targets.get(stack.pop(), ()):
            if each == target:
                return True
            if isinstance(each, int) and each < target and each not in seen:
                seen.add(each)
                stack.append(each)
    return False


def _span(edge: Edge) -> int:
    source, target = edge
    first = source if isinstance(source, int) else -1
    return target - first if isinstance(target, int) else 0


def lane_routes(
    edges: list[tuple[Edge, str]], places: Mapping[Key, PartPlace], around: Obstacles
) -> tuple[list[EdgeRoute], list[Edge]]:
    """Return the routes of skips on the right side, and the skips that found no lane."""
    taken: list[tuple[float, float, float]] = []
    found: list[EdgeRoute] = []
    failed: list[Edge] = []
    for edge, mark in edges:
        a, b = places[edge[0]], places[edge[1]]
        start, stop = a.end + BEND, b.middle
        beside = [place.right for place in around.between(start, stop) if place is not a]
        others = [x for x, top, bottom in taken if top < stop + 4 and bottom > start - 4]
        x = max([*beside, *others, a.x + 20, b.right], default=0.0) + theme.LANE
        points: tuple[Point, ...]
        end = (b.centre + b.width / 2, stop)
        points = ((a.x, a.bottom), (a.x, start), (x, start), (x, stop), end)
        horizontal = (points[1:3], points[3:5])
        if len(others) >= MOST or not all(around.clear(pair, a, b) for pair in horizontal):
            failed.append(edge)
            continue
        taken.append((x, start, stop))
        found.append(EdgeRoute(points, mark or ("skip" if b.form == "sign" else "")))
    return found, failed
