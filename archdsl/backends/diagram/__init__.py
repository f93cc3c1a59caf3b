"""Diagrams: a network as a picture for a paper."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf

from archdsl.backends.diagram import theme
from archdsl.backends.diagram.card_numbers import ColourScale, card_numbers
from archdsl.backends.diagram.description import describe
from archdsl.backends.diagram.detail_levels import LEVELS, DetailLevel
from archdsl.backends.diagram.drawing import Drawing
from archdsl.backends.diagram.graphviz import Graphviz, LayoutFailed
from archdsl.backends.diagram.layout import lay_out
from archdsl.backends.diagram.model_builder import build
from archdsl.backends.diagram.options import DiagramOptions
from archdsl.backends.diagram.overlays import OVERLAYS, too_many_inputs
from archdsl.backends.diagram.page_fit import height, shown_shapes
from archdsl.backends.diagram.painter import Painter
from archdsl.backends.diagram.picture_model import PicturePart, leaves
from archdsl.backends.diagram.size_limits import TooLarge, excess
from archdsl.backends.diagram.wiring import wire
from archdsl.ir import Graph

__all__ = [
    "LEVELS",
    "OVERLAYS",
    "DiagramOptions",
    "Drawing",
    "LayoutFailed",
    "TooLarge",
    "draw",
    "model",
    "render",
]


@dataclass(frozen=True)
class PictureModel:
    """A picture model with its edges, and its level of detail."""

    root: PicturePart
    level: str


def model(graph: Graph, options: DiagramOptions) -> PictureModel:
    """Build the picture model of a network; raise `TooLarge` where a level shows too much."""
    if options.level is None and not options.expand:
        return _fitting(graph, options)
    level = options.level or _fitting(graph, replace(options, expand=())).level
    found = _at(graph, options, level)
    why = excess(found.root)
    if why is None:
        return found
    way_out = f"leave out --expand {' '.join(options.expand)}"
    if not options.expand:
        better = _fitting(graph, replace(options, level=None))
        way_out = f"use --level {better.level} ({len(leaves([better.root])):,} cards)"
        way_out += ", or --expand for one part of it"
    raise TooLarge(f"--level {level} would draw {why}: {way_out}")


def _fitting(graph: Graph, options: DiagramOptions) -> PictureModel:
    """Return the level with most detail that fits a page; else little more than the least."""
    every = [_at(graph, options, level) for level in ("block", "stage", "network")]
    found = [each for each in every if excess(each.root) is None]
    if not found:
        raise TooLarge(
            f"every level would draw {excess(every[-1].root)}: put parts of it into blocks,"
            " which level network draws as one card each where they are labelled"
        )
    heights = [height(each.root) for each in found]
    most = max(theme.PAGE, 1.25 * min(heights))
    return next(each for each, high in zip(found, heights, strict=True) if high <= most)


def _at(graph: Graph, options: DiagramOptions, level: str) -> PictureModel:
    root = build(graph, DetailLevel(level, options.expand))
    wire(graph, root)
    shown_shapes(root, graph, options.shapes)
    return PictureModel(root, level)


def draw(graph: Graph, options: DiagramOptions = DiagramOptions()) -> Drawing:  # noqa: B008 - frozen
    """Draw a network. Raises `TooLarge` and `LayoutFailed`."""
    found = model(graph, options)
    facts = {
        name: each
        for name, overlay in OVERLAYS.items()
        if overlay.always or name == options.color_by
        if (each := card_numbers(overlay, found.root, graph, options.rates)) is not None
    }
    scale = None
    if options.color_by is not None:
        if options.color_by not in facts:
            raise TooLarge(too_many_inputs(graph))
        scale = ColourScale(facts[options.color_by], leaves([found.root]))
        scale.write()
    best: Drawing | None = None
    with Graphviz() as graphviz:
        for most in (inf, *theme.COLUMNS):
            layout = lay_out(found.root, graphviz.place, most)
            painter = Painter(graph, layout, tuple(facts.values()), scale)
            drawing = painter.drawing(found.root, describe(graph, found.root, found.level))
            if best is None or drawing.height / drawing.width < best.height / best.width:
                best = drawing
            if best.height <= theme.TALLEST * best.width:
                break
    assert best is not None
    return best


def render(graph: Graph, style: str, options: DiagramOptions = DiagramOptions()) -> bytes:  # noqa: B008 - frozen
    """Return a network in one of the formats. Raises `TooLarge` and `LayoutFailed`."""
    if style in ("dot", "mermaid"):
        from archdsl.backends.diagram.text_formats import as_text

        return as_text(graph, model(graph, options).root, style).encode()
    drawing = draw(graph, options)
    if style == "svg":
        from archdsl.backends.diagram.svg import as_svg

        return as_svg(drawing).encode()
    from archdsl.backends.diagram.png_pdf import as_pdf, as_png

    return as_png(drawing) if style == "png" else as_pdf(drawing)
