"""Charts: networks by their numbers, as a picture for a paper."""

from __future__ import annotations

from archdsl.backends.chart.chart import Chart, ChartPoint
from archdsl.backends.chart.plot import plotted
from archdsl.backends.chart.svg import as_svg

__all__ = ["FORMATS", "Chart", "ChartPoint", "render"]
FORMATS = ("svg", "png")


def render(chart: Chart, style: str) -> bytes:
    """Return a chart in one of the formats; it must have a point."""
    finished = plotted(chart)
    text = as_svg(finished)
    if style == "svg":
        return text.encode()
    from archdsl.backends.raster import png

    return png(text, finished.width, finished.height)
