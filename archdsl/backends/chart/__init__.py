"""Charts: networks by their numbers, as a picture that can stand in a paper."""

from __future__ import annotations

from archdsl.backends.chart.chart import Chart, Point
from archdsl.backends.chart.svg import as_svg
from archdsl.backends.chart.view import view

__all__ = ["FORMATS", "Chart", "Point", "render"]
FORMATS = ("svg", "png")


def render(chart: Chart, style: str) -> bytes:
    """A chart in one of the formats; it must have a point."""
    finished = view(chart)
    text = as_svg(finished)
    if style == "svg":
        return text.encode()
    from archdsl.backends.raster import png

    return png(text, finished.width, finished.height)
