"""Diagrams: a network as a picture that can stand in a paper."""

from __future__ import annotations

from dataclasses import dataclass, replace

from archdsl.backends.diagram import theme
from archdsl.backends.diagram.about import about
from archdsl.backends.diagram.build import build
from archdsl.backends.diagram.drawing import Drawing
from archdsl.backends.diagram.engine import Engine, LayoutFailed
from archdsl.backends.diagram.fitting import height, shown_shapes
from archdsl.backends.diagram.layout import lay_out
from archdsl.backends.diagram.levels import LEVELS, Detail
from archdsl.backends.diagram.options import Options
from archdsl.backends.diagram.overlays import OVERLAYS, Scale, totals
from archdsl.backends.diagram.parts import Part, leaves
from archdsl.backends.diagram.view import Painter
from archdsl.backends.diagram.wiring import wire
from archdsl.ir import Graph

__all__ = [
    "LEVELS",
    "OVERLAYS",
    "Drawing",
    "LayoutFailed",
    "Options",
    "TooLarge",
    "draw",
    "model",
    "render",
]

MOST = 3_000  # cards that anybody could look at, and Graphviz lay out in time


class TooLarge(Exception):  # noqa: N818
    """A picture of so many cards that it would not be one; the text says which level would."""


@dataclass(frozen=True)
class Model:
    """A wired picture model, and the level that it has."""

    root: Part
    level: str


def model(graph: Graph, options: Options) -> Model:
    """What is to be seen of a network. `TooLarge` where a level shows too much."""
    if options.level is not None:
        found = _at(graph, options, options.level)
        count = len(leaves([found.root]))
        if count > MOST:
            better = model(graph, Options(None, options.expand, options.shapes))
            raise TooLarge(
                f"--level {options.level} would draw {count:,} cards of {graph.name}, and"
                f" {MOST:,} are the most: use --level {better.level}"
                f" ({len(leaves([better.root])):,} cards), or --expand for one part of it"
            )
        return found
    return _fitting(graph, options)


def _fitting(graph: Graph, options: Options) -> Model:
    """The level with most detail that fits a page; where none does, hardly more than the least."""
    closed = replace(options, expand=())
    found = [_at(graph, closed, level) for level in ("block", "stage", "network")]
    heights = [height(each.root) for each in found]
    most = max(theme.PAGE, 1.25 * min(heights))
    best = next(each for each, high in zip(found, heights, strict=True) if high <= most)
    return _at(graph, options, best.level) if options.expand else best


def _at(graph: Graph, options: Options, level: str) -> Model:
    root = build(graph, Detail(level, options.expand))
    wire(graph, root)
    shown_shapes(root, graph, options.shapes)
    return Model(root, level)


def draw(graph: Graph, options: Options = Options()) -> Drawing:  # noqa: B008 - frozen
    """A network as a drawing. `TooLarge`, `LayoutFailed`."""
    found = model(graph, options)
    numbers = {
        overlay.title: totals(found.root, overlay.of(graph, options.rates), overlay.summed)
        for name, overlay in OVERLAYS.items()
        if overlay.always or name == options.color_by
    }
    scale, values = None, {}
    if options.color_by is not None:
        overlay = OVERLAYS[options.color_by]
        values = numbers[overlay.title]
        cards = leaves([found.root])
        scale = Scale(overlay, max(values[id(part)] for part in cards))
        for part in cards:
            if values[id(part)] and part.form == "card":
                part.detail = " · ".join(filter(None, (part.detail, scale.said(values[id(part)]))))
    with Engine() as engine:
        layout = lay_out(found.root, engine.place)
    painter = Painter(graph, layout, numbers, scale, values)
    return painter.drawing(found.root, about(graph, found.root, found.level))


def render(graph: Graph, style: str, options: Options = Options()) -> bytes:  # noqa: B008 - frozen
    """A network in one of the formats. `TooLarge`, `LayoutFailed`."""
    if style in ("dot", "mermaid"):
        from archdsl.backends.diagram.outline import as_text

        return as_text(graph, model(graph, options).root, style).encode()
    drawing = draw(graph, options)
    if style == "svg":
        from archdsl.backends.diagram.svg import as_svg

        return as_svg(drawing).encode()
    from archdsl.backends.diagram.picture import as_pdf, as_png

    return as_png(drawing) if style == "png" else as_pdf(drawing)
