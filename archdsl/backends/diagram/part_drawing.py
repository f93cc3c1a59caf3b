"""Draw parts: outlines by form, texts, badges, and the cards behind a repeated one."""

from __future__ import annotations

from collections.abc import Sequence

from archdsl.backends.diagram import theme
from archdsl.backends.diagram.drawing import Item, Path, Rect, Text, number
from archdsl.backends.diagram.edge_routes import EdgeRoute, PartPlace, Point
from archdsl.backends.diagram.part_sizes import SPACE, Words, words
from archdsl.backends.diagram.picture_model import PicturePart
from archdsl.backends.diagram.text_width import width

Paint = tuple[str, str] | None  # a fill and the ink on it, where a scale gives them
Items = list[Item]
TIP = 5.0
CORNER = 6.0


def part_shapes(part: PicturePart, place: PartPlace, paint: Paint) -> Items:
    """Draw a part that is not opened."""
    texts = words(part)
    drawn: Items = []
    x, y = place.centre - place.width / 2, place.top
    tall = place.height - (2 * theme.STACK if part.times > 1 else 0.0)
    fill = paint[0] if paint else ""
    if part.times > 1:
        drawn += _behind(part, x, y, place.width, tall, fill)
    radius = tall / 2 if part.form in ("pill", "sign") else theme.RADIUS
    radius = 3.0 if part.form == "bar" else radius
    if part.kind == "pool":
        drawn.append(Path(f"card {part.kind}", _funnel(x, y, place.width, tall), fill))
    else:
        drawn.append(Rect(f"card {part.kind}", x, y, place.width, tall, radius, fill))
    if part.kind == "linear":
        drawn += [_upright(x + 4, y, tall), _upright(x + place.width - 4, y, tall)]
    if part.form == "sign":
        drawn += _sign(place.x, y + tall / 2, texts.strong)
        return drawn
    drawn += _texts(part, texts, place.centre, y, tall, paint)
    if part.times > 1:
        drawn += badge(
            texts.badge, x + place.width - theme.INSET + 3, y + _line(tall, texts, part) - 3.6
        )
    return drawn


def box_shapes(
    part: PicturePart, x: float, y: float, wide: float, tall: float, depth: int
) -> Items:
    """Draw the frame of an opened part, and its title."""
    texts = words(part)
    drawn: Items = []
    if part.times > 1:
        tall -= 2 * theme.STACK
        drawn += _behind(part, x, y, wide, tall)
    drawn.append(Rect(f"box depth{depth % 2}", x, y, wide, tall, theme.RADIUS + 2))
    drawn.append(Path("header", _header(x, y, wide)))
    baseline = y + 16
    left = x + theme.INSET
    strong = width(texts.strong, theme.STRONG, bold=True)
    drawn.append(Text("ink", left, baseline, texts.strong, theme.STRONG, strong, "start", True))
    if texts.rest:
        at = left + strong + SPACE
        drawn.append(Text("quiet", at, baseline, texts.rest, theme.SMALL, texts.second, "start"))
    if texts.badge:
        drawn += badge(texts.badge, x + wide - theme.INSET + 3, y + theme.HEADER / 2)
    return drawn


def badge(text: str, right: float, middle: float) -> Items:
    """Draw `×3` on its own background."""
    wide = width(text, theme.SMALL, bold=True)
    room = wide + 10
    return [
        Rect("badge", right - room, middle - 7.5, room, 15, 7.5),
        Text("onbadge", right - room / 2, middle + 3.6, text, theme.SMALL, wide, bold=True),
    ]


def shape_below(part: PicturePart, place: PartPlace, last: bool) -> Items:
    """Draw a part's output shape beside the line that leaves it."""
    wide = width(part.shape, theme.SMALL)
    if place.upwards:
        at = (place.x, "middle") if last else (place.x + 6, "start")
        return [Text("quiet", at[0], place.top - 4, part.shape, theme.SMALL, wide, at[1])]
    if last or place.sideways:
        return [Text("quiet", place.x, place.bottom + 12, part.shape, theme.SMALL, wide)]
    return [Text("quiet", place.x + 6, place.bottom + 11, part.shape, theme.SMALL, wide, "start")]


def route_path(route: EdgeRoute) -> Path:
    """Draw the line of an edge."""
    d = _curve(route.points) if route.curved else _corners(route.points)
    return Path(f"wire {route.mark}".strip(), d)


def tip(route: EdgeRoute) -> Path:
    """Draw the arrowhead of an edge."""
    (x0, y0), (x, y) = route.points[-2], route.points[-1]
    if abs(x - x0) > abs(y - y0):
        back = -TIP if x > x0 else TIP
        points = [(x, y), (x + back, y - 3.2), (x + back, y + 3.2)]
    else:
        back = -TIP if y > y0 else TIP
        points = [(x, y), (x - 3.2, y + back), (x + 3.2, y + back)]
    return Path(f"tip {route.mark}".strip(), polygon(points))


def polygon(points: Sequence[Point]) -> str:
    """Return a closed line through points."""
    return "M" + " L".join(_at(point) for point in points) + " Z"


def _texts(part: PicturePart, texts: Words, x: float, y: float, tall: float, paint: Paint) -> Items:
    """Draw one line of text, or two, the second in a quieter colour."""
    ink = paint[1] if paint else ""
    baseline = y + _line(tall, texts, part)
    inline = part.form in ("pill", "bar") and bool(texts.rest)
    rest = texts.second + SPACE if inline else 0.0
    left = x - (texts.first + rest + texts.mark) / 2
    drawn: Items = []
    if texts.name:
        named = width(texts.name, theme.STRONG)
        drawn.append(
            Text("quiet", left, baseline, texts.name, theme.STRONG, named, "start", False, ink)
        )
        left += named + SPACE
    strong = width(texts.strong, theme.STRONG, bold=True)
    bold = Text("ink", left, baseline, texts.strong, theme.STRONG, strong, "start", True, ink)
    drawn.append(bold)
    if inline:
        at = left + strong + SPACE
        drawn.append(
            Text("quiet", at, baseline, texts.rest, theme.SMALL, texts.second, "start", False, ink)
        )
    elif texts.rest:
        drawn.append(
            Text(
                "quiet",
                x,
                baseline + 14,
                texts.rest,
                theme.SMALL,
                texts.second,
                "middle",
                False,
                ink,
            )
        )
    return drawn


def _line(tall: float, texts: Words, part: PicturePart) -> float:
    """Return the base line of the first line of text, from the top."""
    two = bool(texts.rest) and part.form not in ("pill", "bar")
    return 17.0 if two else tall / 2 + 4.2


def _behind(
    part: PicturePart, x: float, y: float, wide: float, tall: float, fill: str = ""
) -> Items:
    """Draw the edges of two more cards, below the first."""
    classes = f"card {part.kind} behind" if part.form != "box" else "box behind"
    return [
        Rect(classes, x + 2 * each, y + tall - 14, wide - 4 * each, 14 + each, theme.RADIUS, fill)
        for each in (2 * theme.STACK, theme.STACK)
    ]


def _sign(x: float, y: float, sign: str) -> Items:
    """Draw `+` or `×` as lines: a text would sit elsewhere in every font."""
    r = 5.0 if sign == "+" else 3.8
    lines = ((x - r, y, x + r, y), (x, y - r, x, y + r))
    if sign != "+":
        lines = ((x - r, y - r, x + r, y + r), (x - r, y + r, x + r, y - r))
    d = " ".join(f"M{number(a)} {number(b)} L{number(c)} {number(e)}" for a, b, c, e in lines)
    return [Path("sign", d)]


def _upright(x: float, y: float, tall: float) -> Path:
    return Path("upright linear", f"M{number(x)} {number(y)} L{number(x)} {number(y + tall)}")


def _funnel(x: float, y: float, wide: float, tall: float) -> str:
    """Return the outline of a pool: narrower at the bottom, as the image gets smaller."""
    slant = 8.0
    return polygon([(x, y), (x + wide, y), (x + wide - slant, y + tall), (x + slant, y + tall)])


def _header(x: float, y: float, wide: float) -> str:
    """Return the background of a title: round above, straight below."""
    r, foot, right = theme.RADIUS + 2, y + theme.HEADER, x + wide
    left_corner = f"M{_at((x, foot))} L{_at((x, y + r))} Q{_at((x, y))} {_at((x + r, y))}"
    right_corner = f"L{_at((right - r, y))} Q{_at((right, y))} {_at((right, y + r))}"
    return f"{left_corner} {right_corner} L{_at((right, foot))} Z"


def _corners(points: Sequence[Point]) -> str:
    """Return straight lines with round corners."""
    commands = [f"M{_at(points[0])}"]
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        r = min(CORNER, _length(before, here) / 2, _length(here, after) / 2)
        commands.append(f"L{_at(_towards(here, before, r))}")
        commands.append(f"Q{_at(here)} {_at(_towards(here, after, r))}")
    commands.append(f"L{_at(points[-1])}")
    return " ".join(commands)


def _curve(points: Sequence[Point]) -> str:
    """Return a spline with straight ends."""
    first, *spline, last = points
    threes = [" ".join(_at(p) for p in spline[i : i + 3]) for i in range(1, len(spline), 3)]
    curves = " ".join(f"C{three}" for three in threes)
    return f"M{_at(first)} L{_at(spline[0])} {curves} L{_at(last)}"


def _towards(a: Point, b: Point, by: float) -> Point:
    length = _length(a, b) or 1.0
    return a[0] + (b[0] - a[0]) * by / length, a[1] + (b[1] - a[1]) * by / length


def _length(a: Point, b: Point) -> float:
    return float(((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5)


def _at(point: Point) -> str:
    return f"{number(point[0])} {number(point[1])}"
