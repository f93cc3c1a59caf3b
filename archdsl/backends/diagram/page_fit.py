"""Estimate the height of a picture, and choose the shapes written below its parts."""

from __future__ import annotations

from collections.abc import Iterator

from archdsl.backends.diagram import theme
from archdsl.backends.diagram.part_sizes import extent
from archdsl.backends.diagram.picture_model import OUT, Key, PicturePart
from archdsl.ir import Graph
from archdsl.ops import size


def height(part: PicturePart) -> float:
    """Estimate the height of a wired part, along its longest path."""
    if part.body is None:
        return sum(extent(part).room[1:])
    inner = [height(each) for each in part.body.parts]
    if part.form == "rail":
        return sum(inner) + 24 * len(inner) + theme.HEADER
    reach: dict[Key, float] = {}
    sources: dict[Key, list[Key]] = {}
    for source, target in part.body.edges:
        sources.setdefault(target, []).append(source)
    for position, own in enumerate(inner):
        before = max((reach.get(each, 0.0) for each in sources.get(position, ())), default=0.0)
        reach[position] = before + own + theme.GAP
    frame = theme.HEADER + theme.GAP if part.form == "box" and part.parent else 0.0
    return max(reach.values(), default=0.0) + frame


def shown_shapes(root: PicturePart, graph: Graph, which: str) -> None:
    """Write the shapes below parts: all, those that change, or none."""
    for part in _all(root):
        if part.last is None or part.first is None or part.parent is None or which == "none":
            continue
        if part.tap or part.form == "frame" or _exits(part) > 1:
            continue
        if any(graph.nodes[number].shape != part.last.shape for number in part.gives):
            continue  # it gives several values: none is written as if it were all
        if part.parent.form == "rail" or not part.first.inputs:
            continue
        before = graph.operands(part.first)
        if which == "all" or any(shape != part.last.shape for shape in before):
            part.shape = size(part.last.shape).replace("x", "×")
    for part in _all(root):
        _once(part)


def _exits(part: PicturePart) -> int:
    """Count the values that leave a part; several leave a split, and each shows its own shape."""
    return sum(target == OUT for _, target in part.body.edges) if part.body else 0


def _once(part: PicturePart) -> None:
    """Remove the shape of a box's last part where the box shows it."""
    for each in part.body.parts if part.body else ():
        if each.last is part.last and each.shape == part.shape and _exits(part) < 2:
            each.shape = ""


def _all(part: PicturePart) -> Iterator[PicturePart]:
    yield part
    for each in part.body.parts if part.body else ():
        yield from _all(each)
