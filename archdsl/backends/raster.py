"""SVG to PNG by resvg, with the fonts that ship with the package."""

from __future__ import annotations

from typing import Any

from archdsl.resources import PACKAGE

ZOOM = 2.0
PRINT = 300 / 96  # 300 dots an inch
PIXELS = 60_000_000  # more than any screen shows; a larger picture is made smaller
FONTS = PACKAGE / "backends" / "diagram" / "fonts"
FAMILY = "Archdsl Sans"


def png(svg: str, width: float, height: float, zoom: float = ZOOM) -> bytes:
    """A picture of so many pixels, enlarged: by 2 for screens, by `PRINT` for paper."""
    import resvg_py

    fonts = sorted(map(str, FONTS.glob("*.ttf")))
    own: dict[str, Any] = {"font_family": FAMILY, "sans_serif_family": FAMILY} if fonts else {}
    zoom = min(zoom, (PIXELS / (width * height)) ** 0.5)
    data = resvg_py.svg_to_bytes(
        svg_string=svg, zoom=zoom, dpi=96, skip_system_fonts=bool(fonts), font_files=fonts, **own
    )
    return bytes(data)
