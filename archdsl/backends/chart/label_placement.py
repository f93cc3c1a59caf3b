"""Place labels beside their circles, clear of each other, by a deterministic rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import hypot, inf

SIZE = 11.5  # of a label's text, in pixels
HEIGHT = 15.0
GAP = 5.0
LEADER = 9.0  # a label farther away has a line to its circle
STEP = 6.0  # between the points of a line that are kept clear
FAR = (0.0, 12.0, 26.0, 42.0, 60.0)
# Sides in the order of preference: (x, y) of the label's nearest point around its circle.
SIDES = ((1, 0), (-1, 0), (0, -1), (0, 1), (0.7, -0.7), (0.7, 0.7), (-0.7, -0.7), (-0.7, 0.7))
NARROW = frozenset("iIjl.,:;|!'()[]ft1 ")
WIDE = frozenset("mwMW%@—…")


@dataclass(frozen=True)
class Circle:
    """A point as it is drawn."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True)
class Box:
    """A rectangle by its edges."""

    left: float
    top: float
    right: float
    bottom: float

    def shared(self, other: Box) -> float:
        """Return the area that two boxes share."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.bottom, other.bottom) - max(self.top, other.top)
        return wide * high if wide > 0 and high > 0 else 0.0

    def outside(self, frame: Box) -> float:
        """Return the area of this box beyond a frame."""
        whole = (self.right - self.left) * (self.bottom - self.top)
        return whole - self.shared(frame)


@dataclass(frozen=True)
class PlacedLabel:
    """A text's box, and the line to its circle where the box is away from it."""

    text: str
    box: Box
    leader: tuple[float, float, float, float] | None = None

    @property
    def boxes(self) -> list[Box]:
        """The area it covers: its own box, and small ones along its line."""
        return [self.box, *(along(*self.leader) if self.leader else ())]


def along(x: float, y: float, to_x: float, to_y: float) -> list[Box]:
    """Return small boxes along a line, for labels to keep clear of."""
    parts = max(int(hypot(to_x - x, to_y - y) / STEP), 1)
    places = [(x + (to_x - x) * n / parts, y + (to_y - y) * n / parts) for n in range(parts)]
    return [Box(x - 2, y - 2, x + 2, y + 2) for x, y in places]


def width(text: str, size: float = SIZE) -> float:
    """Estimate the advance of a text in a sans-serif font, rather too large than too small."""
    units = sum(0.36 if c in NARROW else 0.9 if c in WIDE else 0.585 for c in text)
    return size * units


def place_labels(
    texts: Sequence[str],
    circles: Sequence[Circle],
    frames: Sequence[Box],
    clear: Sequence[Box] = (),
    all_of_them: bool = True,
) -> list[PlacedLabel]:
    """Place a label for each of the first circles in its frame, clear of everything else.

    Small circles choose first: they have the least room. Each takes the first place, from near to
    far, that overlaps nothing, else the one that overlaps least. `clear` are boxes to avoid.
    Without `all_of_them` a label that would overlap or be far away is left out.
    """
    around = [_around(circle) for circle in circles]
    taken = list(clear)
    found: dict[int, PlacedLabel] = {}
    order = sorted(range(len(texts)), key=lambda n: (circles[n].radius, circles[n].y, circles[n].x))
    for number in order:
        others = around[:number] + around[number + 1 :]
        best, least = None, inf if all_of_them else 1e-9
        for label in _candidates(texts[number], circles[number], FAR if all_of_them else FAR[:3]):
            cost = 40 * label.box.outside(frames[number]) + label.box.shared(around[number])
            for box in label.boxes:
                cost += sum(8 * box.shared(other) for other in taken)
                cost += sum(box.shared(other) for other in others)
            if cost < least:
                best, least = label, cost
            if not cost:
                break
        if best is not None:
            found[number] = best
            taken += best.boxes
    return [found[number] for number in sorted(found)]


def _around(circle: Circle) -> Box:
    inner = circle.radius * 0.9  # the corners of the square are not in the circle
    return Box(circle.x - inner, circle.y - inner, circle.x + inner, circle.y + inner)


def _candidates(text: str, circle: Circle, distances: Sequence[float]) -> Iterator[PlacedLabel]:
    long = width(text)
    for far in distances:
        reach = circle.radius + GAP + far
        for side, up in SIDES:
            x, y = circle.x + side * reach, circle.y + up * reach
            left = x - long * (1 - side) / 2 if abs(side) != 1 else (x if side > 0 else x - long)
            middle = y + up * HEIGHT / 2
            box = Box(left, middle - HEIGHT / 2, left + long, middle + HEIGHT / 2)
            yield PlacedLabel(text, box, _leader(circle, box, side, up) if far > LEADER else None)


def _leader(circle: Circle, box: Box, side: float, up: float) -> tuple[float, float, float, float]:
    """Return the line from the edge of the circle to the nearest point of the box."""
    x = min(max(circle.x, box.left), box.right)
    y = min(max(circle.y, box.top + 2), box.bottom - 2)
    away = hypot(x - circle.x, y - circle.y) or 1.0
    start = circle.radius / away
    return circle.x + (x - circle.x) * start, circle.y + (y - circle.y) * start, x, y
