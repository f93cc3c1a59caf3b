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
THEMES = ("light", "dark", "auto")  # auto: as the page that shows an SVG
SHAPES = ("all", "changes", "none")
COLOURINGS = ("params", "macs", "memory", "rf", "time")  # the names of overlays.OVERLAYS


@dataclass(frozen=True)
class DiagramOptions:
    """Options of a picture; `level` None: the most detail that fits a page.

    `only` is the path of the part that is drawn by itself.
    `rates` are those of a device: colouring by time needs them. `width` and `height` are those of
    the page, in inches; None: as wide or high as the picture is. `theme` is one of `THEMES`.
    """

    level: str | None = None
    expand: tuple[str, ...] = ()
    shapes: str = "changes"
    color_by: str | None = None
    rates: Rates | None = None
    only: str | None = None
    width: float | None = None
    height: float | None = None
    theme: str = "auto"
    legend: bool = True
    background: bool = True

    @property
    def sized(self) -> bool:
        """Whether the page has a size."""
        return self.width is not None or self.height is not None
