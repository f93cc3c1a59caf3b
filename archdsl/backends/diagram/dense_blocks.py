"""Dense blocks: a rail that all layers read, and that each layer widens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from archdsl.backends.diagram import theme
from archdsl.backends.diagram.edge_routes import EdgeRoute, PartPlace
from archdsl.backends.diagram.part_sizes import Extent
from archdsl.backends.diagram.picture_model import PictureBody

START = 24.0  # of the rail, above the first layer
BETWEEN = 20.0  # from layer to layer: room for the channels on the rail
REACH = 58.0  # from the rail to its layers: room for what they add
SLOPE = 5.0


@dataclass(slots=True)
class DenseRail:
    """A rail with places: outline, channels on it, and the channels that each layer adds."""

    width: float
    height: float
    places: list[PartPlace]
    routes: list[EdgeRoute]
    outline: tuple[tuple[float, float], ...]
    channels: list[tuple[float, float, str]]
    added: list[tuple[float, float, str]]


def half(channels: int, widths: Sequence[int]) -> float:
    """Return half of the rail's width at some channels: it grows evenly from first to last."""
    grown = (channels - widths[0]) / max(widths[-1] - widths[0], 1)
    return (theme.RAIL_LEAST + (theme.RAIL_MOST - theme.RAIL_LEAST) * grown) / 2


def lay_rail(body: PictureBody, rows: Sequence[Extent], least: float) -> DenseRail:
    """Place the layers one below another, to the right of the rail."""
    widths = body.widths
    middle = theme.RAIL_MOST / 2
    halves = [half(each, widths) for each in widths]
    right_side = [(middle + halves[0], 0.0)]
    channels = [(middle, START / 2 + 2, str(widths[0]))]
    added, places, routes = [], [], []
    y = START
    left = theme.RAIL_MOST + REACH
    widest = max(row.room[0] for row in rows)
    for number, (part, row) in enumerate(zip(body.parts, rows, strict=True)):
        wide = widest if part.form == "card" else row.width
        place = PartPlace(left + wide / 2, y, wide, row.height, (wide, row.room[1]), part.form)
        tall = row.height - (2 * theme.STACK if part.times > 1 else 0.0)
        reads, gives = y + min(tall * 0.3, 20.0), y + tall - min(tall * 0.3, 20.0)
        before, after = halves[number], halves[number + 1]
        edge = before
        if part.times > 1:  # it widens along all layers of the card
            edge += (after - before) * (reads - y) / (gives + SLOPE - y)
        routes.append(EdgeRoute(((middle + edge, reads), (left, reads)), "reads"))
        routes.append(EdgeRoute(((left, gives), (middle + after, gives)), "gives"))
        slope = y if part.times > 1 else gives - SLOPE
        right_side += [(middle + before, slope), (middle + after, gives + SLOPE)]
        if part.times > 1:
            following = widths[number] + (widths[number + 1] - widths[number]) // part.times
            channels.append((middle, y + tall * 0.3 + 3, str(following)))
            channels.append((middle, y + tall * 0.72 + 3, "…"))
        grown = (widths[number + 1] - widths[number]) // part.times
        times = f" ×{part.times}" if part.times > 1 else ""
        added.append((theme.RAIL_MOST + REACH / 2 + 2, gives + 11, f"+{grown}{times}"))
        places.append(place)
        y += row.room[1] + BETWEEN
        channels.append((middle, y - BETWEEN / 2 + 3, str(widths[number + 1])))
    right_side.append((middle + halves[-1], y))
    outline = (*right_side, *((2 * middle - x, h) for x, h in reversed(right_side)))
    width = left + max(place.width for place in places)
    exit_ = EdgeRoute(
        ((middle, y), (middle, y + 8), (width / 2, y + 8), (width / 2, y + 18)), arrow=False
    )
    return DenseRail(width, y + 18, places, [*routes, exit_], outline, channels, added)
