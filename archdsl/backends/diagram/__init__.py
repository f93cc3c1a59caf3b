"""Diagrams: a network as a picture for a paper."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from math import ceil, inf

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
from archdsl.backends.diagram.page import is_legible, least_width, on_page, page_height, text_size
from archdsl.backends.diagram.page_fit import height, shown_shapes
from archdsl.backends.diagram.painter import Painter
from archdsl.backends.diagram.picture_model import PictureBody, PicturePart, leaves
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
    opened = (*options.expand, *([options.only] if options.only else []))
    root = build(graph, DetailLevel(level, opened))
    wire(graph, root)
    shown_shapes(root, graph, options.shapes)
    return PictureModel(_alone(root, options.only) if options.only else root, level)


def _alone(root: PicturePart, path: str) -> PicturePart:
    """Return a picture of one part of another; the whole one where the part is not drawn."""
    stack = [root]
    while stack:
        part = stack.pop()
        if part.path == path and part is not root:
            around = replace(root, body=PictureBody([part]))
            part.parent = around
            return around
        stack += part.body.parts if part.body else ()
    return root


def draw(graph: Graph, options: DiagramOptions = DiagramOptions()) -> Drawing:  # noqa: B008 - frozen
    """Draw a network. Raises `TooLarge` and `LayoutFailed`."""
    if not options.sized:
        return on_page(_broadest(_drawings(graph, model(graph, options), options)), options)
    levels = ("block", "stage", "network") if options.level is None else (options.level,)
    found: list[tuple[str, Drawing]] = []
    for level in levels:
        shown = model(graph, replace(options, level=level))
        drawings = list(_drawings(graph, shown, options))
        pages = [on_page(drawing, options) for drawing in drawings]
        legible = [page for page in pages if is_legible(page)]
        if legible:
            return min(legible, key=page_height)
        found += [(level, drawing) for drawing in drawings]
    raise TooLarge(_illegible(graph, found, options))


def _broadest(drawings: Iterator[Drawing]) -> Drawing:
    """Return the first drawing that is broad enough for a page, else the broadest."""
    found: list[Drawing] = []
    for drawing in drawings:
        found.append(drawing)
        if drawing.height <= theme.TALLEST * drawing.width:
            return drawing
    return min(found, key=lambda each: each.height / each.width)


def _illegible(graph: Graph, found: list[tuple[str, Drawing]], options: DiagramOptions) -> str:
    """Return what is wrong with a page, and the level or width that would do."""
    points, level = max((text_size(on_page(each, options)), level) for level, each in found)
    text = f"text would have {points:.1f} pt at --level {level}, and 6 pt are the least"
    if options.level not in (None, "network"):
        with suppress(TooLarge):
            draw(graph, replace(options, level="network"))
            return f"{text}: use --level network"
    wide = least_width(drawing for _, drawing in found)
    if options.height is not None or wide is None:
        return f"{text}: leave out --height, or make the page larger"
    return f"{text}: use --width {ceil(wide * 20) / 20:g}in"


def _drawings(graph: Graph, found: PictureModel, options: DiagramOptions) -> Iterator[Drawing]:
    """Yield drawings of a picture model with more and more columns."""
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
    about = describe(graph, found.root, found.level)
    with Graphviz() as graphviz:
        for most in (inf, *theme.COLUMNS):
            layout = lay_out(found.root, graphviz.place, most)
            painter = Painter(graph, layout, tuple(facts.values()), scale, options.legend)
            yield painter.drawing(found.root, about)


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
