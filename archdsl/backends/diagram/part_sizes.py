"""Sizes of parts, from their texts; a box takes the size of its content."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from archdsl.backends.diagram import theme
from archdsl.backends.diagram.picture_model import PicturePart
from archdsl.backends.diagram.text_width import fit, plain, width

SPACE = 6.0  # between the texts of a line


@dataclass(slots=True)
class Extent:
    """A part's drawn size, and the room it takes with its shape below."""

    width: float
    height: float
    strip: float = 0.0
    beside: float = 0.0  # half of the room that the shape's text needs

    @property
    def room(self) -> tuple[float, float]:
        return max(self.width, 2 * self.beside), self.height + self.strip


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of a part, cut to what fits, with unprintable characters replaced."""

    name: str
    strong: str
    rest: str  # in the same line of a box's title, below that of a card
    badge: str

    @property
    def first(self) -> float:
        """The width of the first line."""
        strong = width(self.strong, theme.STRONG, bold=True)
        return strong + (width(self.name, theme.STRONG) + SPACE if self.name else 0.0)

    @property
    def second(self) -> float:
        return width(self.rest, theme.SMALL)

    @property
    def mark(self) -> float:
        """The width of the badge with the space before it."""
        return width(self.badge, theme.SMALL, bold=True) + 10 + SPACE if self.badge else 0.0


def words(part: PicturePart) -> Words:
    """Return the texts of a part."""
    badge = f"×{part.times}" if part.times > 1 else ""
    name, title, rest = (plain(text) for text in (part.name, part.title, part.detail))
    if part.kind == "block":
        what = f"{title}({rest})" if rest and name else title
        strong, rest, name = (name, what, "") if name else (title, rest, "")
        rest = "" if rest == strong else rest
    else:
        strong = title
    rest = noted(rest, plain(part.note))
    most = theme.WIDEST - 2 * theme.INSET
    name = fit(name, theme.STRONG, most * 0.45)
    room = most - (width(name, theme.STRONG) + SPACE if name else 0)
    return Words(
        name,
        fit(strong, theme.STRONG, room, bold=True),
        fit(rest, theme.SMALL, most),
        badge,
    )


def noted(text: str, note: str) -> str:
    """Append a note to a text."""
    return " · ".join(filter(None, (text, note)))


def extent(part: PicturePart) -> Extent:
    """Return the size of a part without a body; for a bar, its least width."""
    texts = words(part)
    if part.form == "sign":
        found = Extent(theme.SIGN, theme.SIGN)
    elif part.form in ("pill", "bar"):
        height = theme.PILL if part.form == "pill" else theme.BAR
        found = Extent(_step(texts.first + texts.mark + 2 * theme.INSET), height)
        if texts.rest:
            found.width = _step(texts.first + SPACE + texts.second + texts.mark + 2 * theme.INSET)
    else:
        height = theme.CARD_2 if texts.rest else theme.CARD
        wide = max(texts.first + texts.mark, texts.second) + 2 * theme.INSET
        found = Extent(_step(max(wide, theme.NARROWEST)), height, beside=theme.ROOM / 2)
    if part.times > 1:
        found.height += 2 * theme.STACK
    return below(found, part)


def below(found: Extent, part: PicturePart) -> Extent:
    """Add the room for the shape that is written below."""
    if part.shape:
        found.strip = theme.STRIP
        found.beside = max(found.beside, width(part.shape, theme.SMALL) + 8)
    return found


def header(part: PicturePart) -> float:
    """Return the least width of a box's title."""
    texts = words(part)
    rest = texts.second + SPACE if texts.rest else 0.0
    return texts.first + rest + texts.mark + 2 * theme.INSET


def _step(value: float) -> float:
    """Round up to a multiple of two steps, so that a half is a step."""
    return ceil(value / (2 * theme.STEP)) * 2 * theme.STEP
