"""Widths of texts, from the metrics of the font that ships with the package.

Liberation Sans has the widths of Helvetica and Arial, so a picture measures the same wherever it is
viewed, whatever fonts are installed there.
"""

from __future__ import annotations

import json
import unicodedata
from functools import cache
from pathlib import Path

FONTS = Path(__file__).parent / "fonts"
ELSE = 0.6  # of the size: a character that the font does not have
WIDE = 1.0


@cache
def _widths(bold: bool) -> dict[str, float]:
    table = json.loads((FONTS / "widths.json").read_text("utf-8"))
    units = table["units"]
    style = table["bold" if bold else "regular"]
    return {char: int(width) / units for width, chars in style.items() for char in chars}


def width(text: str, size: float, bold: bool = False) -> float:
    """Return the advance of a line of text, in the unit of `size`."""
    widths = _widths(bold)
    return size * sum(widths.get(char) or _guess(char) for char in text)


def fit(text: str, size: float, most: float, bold: bool = False) -> str:
    """Return the text, or as much of its beginning as fits, with an ellipsis."""
    if width(text, size, bold) <= most:
        return text
    rest = most - width("…", size, bold)
    taken = 0
    for char in text:
        rest -= width(char, size, bold)
        if rest < 0:
            break
        taken += 1
    return text[:taken].rstrip() + "…"


def plain(text: str) -> str:
    """Return text that XML can hold: unprintable characters are replaced.

    Marks that change the direction of writing are replaced too: they would reorder what is around
    them.
    """
    return "".join(char if _printable(char) else "�" for char in text)


def _printable(char: str) -> bool:
    return char.isprintable() and unicodedata.category(char) not in ("Cf", "Cs", "Co", "Cn")


def _guess(char: str) -> float:
    if unicodedata.combining(char):
        return 0.0
    return WIDE if unicodedata.east_asian_width(char) in "WF" else ELSE
