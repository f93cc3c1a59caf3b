"""A finished picture, as frozen data: shapes and texts with places and classes, groups of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

PAIR = re.compile(r"(-?[\d.]+) (-?[\d.]+)")


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle with round corners; `fill` is a colour that its class would not give it."""

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
    """Lines and curves, as SVG writes them, absolute: M, L, Q, C and Z, and pairs of numbers."""

    classes: str
    d: str
    fill: str = ""

    def moved(self, x: float, y: float) -> Path:
        def pair(found: re.Match[str]) -> str:
            return f"{number(float(found[1]) + x)} {number(float(found[2]) + y)}"

        return replace(self, d=PAIR.sub(pair, self.d))


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text: its base line, and its width as measured."""

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
    """What belongs to one part: its path, its classes, what hovering shows, its line."""

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
    """A picture: its name and title, a sentence about it, its size in pixels, what is in it."""

    name: str
    title: str
    about: str
    width: float
    height: float
    items: tuple[Item, ...]

    def painted(self) -> Iterator[Rect | Path | Text]:
        """Everything without its groups, in order."""
        stack = list(reversed(self.items))
        while stack:
            item = stack.pop()
            if isinstance(item, Group):
                stack += reversed(item.items)
            else:
                yield item


def number(value: float) -> str:
    """A number in as few characters as it needs; tenths of a pixel are enough."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text
