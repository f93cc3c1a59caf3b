"""Turn a laid out picture into a drawing: everything with its place on the page."""

from __future__ import annotations

from dataclasses import dataclass

from archdsl.backends.diagram import theme
from archdsl.backends.diagram.body_layout import PictureLayout
from archdsl.backends.diagram.card_numbers import CardNumbers, ColourScale
from archdsl.backends.diagram.dense_blocks import DenseRail
from archdsl.backends.diagram.drawing import Drawing, Group, Item, Path, Text
from archdsl.backends.diagram.edge_routes import EdgeRoute, PartPlace
from archdsl.backends.diagram.hover_texts import hover_text, line_of
from archdsl.backends.diagram.legend import legend, scale_legend
from archdsl.backends.diagram.part_drawing import (
    Paint,
    box_shapes,
    part_shapes,
    polygon,
    route_path,
    shape_below,
    tip,
)
from archdsl.backends.diagram.picture_model import PicturePart, leaves
from archdsl.backends.diagram.text_width import width
from archdsl.ir import Graph

LEAST_LEGEND = 320.0


@dataclass
class Painter:
    """A painter of parts at their places; `facts` are the numbers of their hover texts."""

    graph: Graph
    layout: PictureLayout
    facts: tuple[CardNumbers, ...]
    scale: ColourScale | None = None
    legend: bool = True

    def drawing(self, root: PicturePart, about: str) -> Drawing:
        """Return the whole picture, with its legend below."""
        arranged = self.layout.bodies[id(root)]
        below, wide, high = self._legend(root, max(arranged.width, LEAST_LEGEND))
        across = max(arranged.width, wide) + 2 * theme.MARGIN
        top = theme.MARGIN + arranged.height + (theme.LEGEND if high else 0.0)
        items = self._body(root, (across - arranged.width) / 2, theme.MARGIN, 0)
        items += [item.moved((across - wide) / 2, top) for item in below]
        title = f"{self.graph.name}: architecture"
        height = top + high + theme.MARGIN
        return Drawing(self.graph.name, title, about, across, height, tuple(items))

    def _legend(self, root: PicturePart, most: float) -> tuple[list[Item], float, float]:
        if not self.legend:
            return [], 0.0, 0.0
        if self.scale is not None:
            return scale_legend(self.scale)
        kinds = {part.kind for part in leaves([root])}
        marks = {route.mark for body in self.layout.bodies.values() for route in body.routes}
        return legend(kinds, marks, most)

    def _body(self, part: PicturePart, x: float, y: float, depth: int) -> list[Item]:
        """Draw the content of an opened part: lines first, so that cards lie on them."""
        arranged = self.layout.bodies[id(part)]
        assert part.body is not None
        drawn: list[Item] = []
        if arranged.rail is not None:
            drawn += _rail(arranged.rail)
        for route in arranged.routes:
            drawn += _route(route)
        drawn = [item.moved(x, y) for item in drawn]
        sources = {source for source, _ in part.body.edges}
        pairs = zip(part.body.parts, arranged.places, strict=True)
        for number, (each, place) in enumerate(pairs):
            if each.form == "frame":
                drawn += self._frame(each, place.moved(x, y), depth)
            else:
                drawn.append(self._part(each, place.moved(x, y), depth, number not in sources))
        return drawn

    def _frame(self, part: PicturePart, place: PartPlace, depth: int) -> list[Item]:
        """Draw a branch: its content, and nothing around it."""
        return self._body(part, place.centre - place.width / 2, place.top, depth)

    def _part(self, part: PicturePart, place: PartPlace, depth: int, last: bool) -> Group:
        if part.body is None:
            items: list[Item] = part_shapes(part, place, self._paint(part))
        else:
            left = place.x - place.width / 2
            inner = self.layout.bodies[id(part)]
            items = box_shapes(part, left, place.top, place.width, place.height, depth)
            at = place.x - inner.width / 2
            items += self._body(part, at, place.top + theme.HEADER, depth + 1)
        if part.shape:
            items += shape_below(part, place, last)
        classes = f"part is-{part.form} of-{part.kind}"
        text = hover_text(part, self.graph, self.facts)
        return Group(part.path, classes, text, line_of(part), tuple(items))

    def _paint(self, part: PicturePart) -> Paint:
        if self.scale is None or part.form not in ("card", "pill", "bar"):
            return None
        return self.scale.paint(part)


def _route(route: EdgeRoute) -> list[Item]:
    line = route_path(route)
    return [line, tip(route)] if route.arrow else [line]


def _rail(rail: DenseRail) -> list[Item]:
    """Draw the rail of a dense block, its channels, and what each layer adds."""
    drawn: list[Item] = [Path("rail", polygon(rail.outline))]
    for x, y, text in rail.channels:
        drawn.append(
            Text("ink", x, y, text, theme.SMALL, width(text, theme.SMALL, True), bold=True)
        )
    for x, y, text in rail.added:
        drawn.append(Text("quiet", x, y, text, theme.SMALL, width(text, theme.SMALL)))
    return drawn
