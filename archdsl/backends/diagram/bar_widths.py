"""The reach of a merge's bar, so that it meets its own lines and no others."""

from __future__ import annotations

from itertools import pairwise

from archdsl.backends.diagram.edge_routes import Obstacles, PartPlace
from archdsl.backends.diagram.graphviz import GraphvizLayout

LINE = 14.0  # from a line that enters a bar to the bar's end


def reaches(bar: PartPlace, cards: list[PartPlace]) -> list[tuple[float, float]]:
    """Return the extents a bar may have: over all it merges, or over the lines from there."""
    wide = bar.width / 8
    whole = [each.left for each in cards], [each.right for each in cards]
    lines = [each.x - LINE for each in cards], [each.x + LINE for each in cards]
    return [
        (min(bar.x - wide, *lefts), max(bar.x + wide, *rights)) for lefts, rights in (whole, lines)
    ]


class Lines:
    """Graphviz's lines, as obstacles of bars that are not their ends."""

    def __init__(self, placed: GraphvizLayout) -> None:
        self._ends: dict[int, tuple[str, str]] = {}
        pieces = []
        for ends, points in placed.splines.items():
            for (x0, y0), (x1, y1) in pairwise(points):
                wide, high = abs(x1 - x0) + 8, abs(y1 - y0)
                piece = PartPlace((x0 + x1) / 2, min(y0, y1), wide, high, (wide, high), "line")
                self._ends[id(piece)] = ends
                pieces.append(piece)
        self._found = Obstacles(pieces)

    def cross(self, bar: PartPlace, name: str, left: float, right: float) -> bool:
        """Whether the line of another part passes where a bar would reach."""
        met = self._found.between(bar.top, bar.end, left - 2, right + 2)
        return any(name not in self._ends[id(piece)] for piece in met)
