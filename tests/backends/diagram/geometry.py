"""What a reader sees in an SVG, measured from the SVG alone: overlaps, lines through texts."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass

SVG = "{http://www.w3.org/2000/svg}"
NUMBERS = re.compile(r"-?\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Box:
    """A rectangle on the page, and whose it is."""

    what: str
    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Box, by: float = 0.6) -> bool:
        return (
            self.left < other.right - by
            and other.left < self.right - by
            and self.top < other.bottom - by
            and other.top < self.bottom - by
        )

    def holds(self, other: Box, by: float = 0.6) -> bool:
        return (
            self.left <= other.left + by
            and self.right >= other.right - by
            and self.top <= other.top + by
            and self.bottom >= other.bottom - by
        )


def classes(element: ET.Element) -> list[str]:
    return (element.get("class") or "").split()


def text_box(text: ET.Element) -> Box:
    """The room of a text: its measured length, from its capitals to its descenders."""
    x, y = float(text.get("x", 0)), float(text.get("y", 0))
    length = float(text.get("textLength", 0))
    size = 10.0 if "small" in classes(text) else 12.0
    left = x - length / 2 if "mid" in classes(text) else x
    return Box(text.text or "", left, y - 0.72 * size, left + length, y + 0.2 * size)


def outline(element: ET.Element) -> Box | None:
    """The room of a card or a frame."""
    if element.tag == SVG + "rect":
        x, y = float(element.get("x", 0)), float(element.get("y", 0))
        wide, high = float(element.get("width", 0)), float(element.get("height", 0))
        return Box("", x, y, x + wide, y + high)
    points = corners(element.get("d", ""))
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return Box("", min(xs), min(ys), max(xs), max(ys))


def corners(d: str) -> list[tuple[float, float]]:
    numbers = [float(number) for number in NUMBERS.findall(d)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def own_box(group: ET.Element) -> Box:
    """The card or the frame of a part: the first drawn thing that is not behind it."""
    for element in group:
        own = classes(element)
        if ("card" in own or "box" in own) and "behind" not in own:
            found = outline(element)
            assert found is not None
            return Box(group.get("data-path", ""), found.left, found.top, found.right, found.bottom)
    raise AssertionError(f"nothing is drawn of {group.get('data-path')}")


def groups(element: ET.Element) -> list[ET.Element]:
    """The parts directly in a part, or in the picture."""
    return [child for child in element if child.tag == SVG + "g"]


def problems(svg: str) -> Iterator[str]:
    """Everything that a careful reader would find fault with."""
    root = ET.fromstring(svg)
    left, top, wide, high = map(float, root.get("viewBox", "").split())
    page = Box("page", left, top, left + wide, top + high)
    texts = [text_box(text) for text in root.iter(SVG + "text")]
    for text in texts:
        if not page.holds(text):
            yield f"{text.what!r} leaves the page"
    yield from _crowded(texts)
    yield from _parts(root, page)
    yield from _crossed(root, texts)


def _crowded(texts: list[Box]) -> Iterator[str]:
    texts = sorted(texts, key=lambda text: text.top)
    for number, text in enumerate(texts):
        for other in texts[number + 1 :]:
            if other.top > text.bottom:
                break
            if text.overlaps(other):
                yield f"{text.what!r} lies on {other.what!r}"


def _parts(element: ET.Element, around: Box) -> Iterator[str]:
    found = [(own_box(group), group) for group in groups(element)]
    ordered = sorted((box for box, _ in found), key=lambda box: box.top)
    for number, box in enumerate(ordered):
        if not around.holds(box):
            yield f"{box.what} leaves {around.what}"
        for other in ordered[number + 1 :]:
            if other.top > box.bottom:
                break
            if box.overlaps(other):
                yield f"{box.what} lies on {other.what}"
    for box, group in found:
        for text in group:
            y = float(text.get("y", 0))
            beside = "quiet" in classes(text) and (y > box.bottom or y < box.top)
            if text.tag == SVG + "text" and not beside and not box.holds(text_box(text)):
                yield f"{text.text!r} leaves {box.what}"
        yield from _parts(group, box)


def _crossed(root: ET.Element, texts: list[Box]) -> Iterator[str]:
    """Lines through texts, and lines through cards that they do not belong to."""
    closed = [g for g in root.iter(SVG + "g") if not {"is-box", "is-rail"} & set(classes(g))]
    cards = [own_box(group) for group in closed]
    for path in root.iter(SVG + "path"):
        if "wire" not in classes(path):
            continue
        for piece in _pieces(path.get("d", "")):
            for text in texts:
                if piece.overlaps(text, 0.1):
                    yield f"a line crosses {text.what!r}"
            for card in cards:
                if piece.overlaps(card, 1.5):
                    yield f"a line crosses {card.what}"


def _pieces(d: str) -> Iterator[Box]:
    """A line as small boxes; a curve is followed in twenty steps."""
    at = (0.0, 0.0)
    for command, rest in re.findall(r"([MLQC])([^MLQCZ]*)", d):
        points = corners(rest)
        if command == "M":
            at = points[0]
            continue
        steps = 1 if command == "L" else 20
        before = at
        for step in range(1, steps + 1):
            here = _bezier([at, *points], step / steps)
            yield Box(
                "", min(before[0], here[0]) - 0.2, min(before[1], here[1]) - 0.2,
                max(before[0], here[0]) + 0.2, max(before[1], here[1]) + 0.2,
            )  # fmt: skip
            before = here
        at = points[-1]


def _bezier(points: list[tuple[float, float]], t: float) -> tuple[float, float]:
    while len(points) > 1:
        points = [
            (a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t)
            for a, b in itertools.pairwise(points)
        ]
    return points[0]
