"""The options of a picture; a module of its own, so that the command line starts quickly."""

from __future__ import annotations

from dataclasses import dataclass

from archdsl.analyses.roofline import Rates

FORMATS = {
    "svg": "SVG, for pages and papers (the default)",
    "png": "PNG, at twice the size of the SVG",
    "pdf": "PDF, with its fonts",
    "dot": "DOT, for Graphviz",
    "mermaid": "a Mermaid flowchart, for Markdown",
}
SHAPES = ("all", "changes", "none")
COLOURINGS = ("params", "macs", "memory", "rf", "time")  # the names of overlays.OVERLAYS


@dataclass(frozen=True)
class DiagramOptions:
    """Options of a picture; `level` None: the most detail that fits a page.

    `rates` are those of a device: colouring by time needs them.
    """

    level: str | None = None
    expand: tuple[str, ...] = ()
    shapes: str = "changes"
    color_by: str | None = None
    rates: Rates | None = None
