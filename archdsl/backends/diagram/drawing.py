"""A finished picture as frozen data: shapes and texts with places, in groups."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

PAIR = re.compile(r"(-?[\d.]+) (-?[\d.]+)")


DENSITY = 96  # pixels an inch, where no width is asked for


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle with round corners; `fill` overrides the colour of its class."""

    classes: str
    x: float
    y: float
    width: float
    height: float
    radius: float = 0.0
    fill: str = ""

    def moved(self, x: float, y: float) -> Rect:
        return replace(self, x=self.x + x, y=self.y + y)


@dataclass(frozen=True, slots=True)
class Path:
    """Lines and curves in SVG's notation: absolute M, L, Q, C and Z, with pairs of numbers."""

    classes: str
    d: str
    fill: str = ""

    def moved(self, x: float, y: float) -> Path:
        def pair(found: re.Match[str]) -> str:
            return f"{number(float(found[1]) + x)} {number(float(found[2]) + y)}"

        return replace(self, d=PAIR.sub(pair, self.d))


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text: its base line, and its measured width."""

    classes: str
    x: float
    y: float
    text: str
    size: float
    length: float
    anchor: str = "middle"
    bold: bool = False
    fill: str = ""

    def moved(self, x: float, y: float) -> Text:
        return replace(self, x=self.x + x, y=self.y + y)


@dataclass(frozen=True, slots=True)
class Group:
    """The shapes of one part: its path, classes, hover text and line in the source."""

    path: str
    classes: str
    hover: str
    line: int
    items: tuple[Item, ...]

    def moved(self, x: float, y: float) -> Group:
        return replace(self, items=tuple(item.moved(x, y) for item in self.items))


Item: TypeAlias = Rect | Path | Text | Group


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture: name, title, description, size in pixels, and items.

    `inches` are the width of its page, None for 96 pixels an inch.
    """

    name: str
    title: str
    about: str
    width: float
    height: float
    items: tuple[Item, ...]
    inches: float | None = None
    theme: str = "auto"
    background: bool = True

    @property
    def zoom(self) -> float:
        """The size on its page, relative to 96 pixels an inch."""
        return 1.0 if self.inches is None else self.inches * DENSITY / self.width

    def painted(self) -> Iterator[Rect | Path | Text]:
        """Yield all shapes in order, without their groups."""
        stack = list(reversed(self.items))
        while stack:
            item = stack.pop()
            if isinstance(item, Group):
                stack += reversed(item.items)
            else:
                yield item


def number(value: float) -> str:
    """Return a number in as few characters as possible, to tenths of a pixel."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text
