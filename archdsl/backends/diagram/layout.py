"""Lay out the picture model: Graphviz places one body after another, inside out.

What a body holds are boxes of fixed size. Equal bodies are laid out once.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from archdsl.backends.diagram import theme
from archdsl.backends.diagram.body_layout import BodyLayout, PictureLayout, PlacedBody
from archdsl.backends.diagram.dense_blocks import lay_rail
from archdsl.backends.diagram.folding import folded
from archdsl.backends.diagram.graphviz import GraphvizLayout
from archdsl.backends.diagram.hourglass import hourglass
from archdsl.backends.diagram.part_sizes import Extent, below, extent, header
from archdsl.backends.diagram.picture_model import PicturePart

PlaceBodies = Callable[[list[str]], list[GraphvizLayout]]


def lay_out(root: PicturePart, place: PlaceBodies, most: float = inf) -> PictureLayout:
    """Place every part; bodies above `most` pixels are folded. Raises `LayoutFailed`."""
    layout = PictureLayout()
    for rank in _by_height(root):
        boxes = []
        for part in rank:
            if part.body is None:
                layout.extents[id(part)] = extent(part)
            elif part.form == "rail":
                _lay_rail(part, layout)
            else:
                boxes.append(part)
        _lay_boxes(boxes, layout, place, most)
    return layout


def _by_height(root: PicturePart) -> list[list[PicturePart]]:
    """Return parts by the depth of their content, the innermost first."""
    ranks: dict[int, list[PicturePart]] = {}

    def height(part: PicturePart) -> int:
        inner = max((height(each) for each in part.body.parts), default=0) if part.body else 0
        found = inner + 1 if part.body else 0
        ranks.setdefault(found, []).append(part)
        return found

    height(root)
    return [ranks[rank] for rank in sorted(ranks)]


def _lay_rail(part: PicturePart, layout: PictureLayout) -> None:
    assert part.body is not None
    rows = [layout.extents[id(each)] for each in part.body.parts]
    rail = lay_rail(part.body, rows, header(part))
    arranged = PlacedBody(rail.width, rail.height, rail.places, rail.routes, rail)
    layout.bodies[id(part)] = arranged
    layout.extents[id(part)] = _boxed(part, arranged)


def _lay_boxes(
    boxes: list[PicturePart], layout: PictureLayout, place: PlaceBodies, most: float
) -> None:
    """Lay out bodies whose parts have their extents, all in one question to Graphviz."""
    left = [hourglass(part, layout) or BodyLayout(part, layout) for part in boxes]
    while left:
        placed = place([body.text() for body in left])
        again = []
        for body, found in zip(left, placed, strict=True):
            arranged = body.arranged(found)
            if arranged is None:
                again.append(body)
                continue
            if isinstance(body, BodyLayout) and body.part.form != "frame":
                arranged = folded(arranged, most, body.part.parent is not None)
            layout.bodies[id(body.part)] = arranged
            layout.extents[id(body.part)] = _boxed(body.part, arranged)
        left = again


def _boxed(part: PicturePart, arranged: PlacedBody) -> Extent:
    """Return the extent of an opened part: body, title and the space between."""
    if part.parent is None or part.form == "frame":
        return Extent(arranged.width, arranged.height)
    wide = max(arranged.width + 2 * theme.PADDING, header(part))
    stack = 2 * theme.STACK if part.times > 1 else 0.0
    return below(Extent(wide, arranged.height + theme.HEADER + stack), part)
