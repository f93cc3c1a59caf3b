"""The text shown when the mouse hovers over a part."""

from __future__ import annotations

from collections.abc import Iterable

from archdsl.backends.diagram.card_numbers import CardNumbers
from archdsl.backends.diagram.part_sizes import noted
from archdsl.backends.diagram.picture_model import PicturePart
from archdsl.backends.diagram.text_width import plain
from archdsl.ir import Graph
from archdsl.ops import size

MOST_OPS = 12


def hover_text(part: PicturePart, graph: Graph, facts: Iterable[CardNumbers]) -> str:
    """Return a part's path, ops as written, shapes, costs and line in the source."""
    lines = [part.path or graph.name]
    if part.times > 1:
        lines[0] += f" and {part.times - 1:,} more like it"
    if part.kind in ("block", "repeat", "network"):
        call = f"{part.title}({part.detail})" if part.detail else part.title
        lines.append(noted(call, part.note))
    else:
        lines += [node.op.title for node in part.nodes[:MOST_OPS]]
    if part.first is not None and part.last is not None:
        reads = [size(shape) for shape in dict.fromkeys(graph.operands(part.first))]
        lines.append(
            f"{', '.join(reads)} → {size(part.last.shape)}" if reads else size(part.last.shape)
        )
    lines += filter(None, (each.line(part) for each in facts))
    if part.first is not None:
        place = part.first.span.begins
        lines.append(f"{part.first.span.source.name.rpartition('/')[2]}:{place.line}")
    return "\n".join(plain(line) for line in lines)


def line_of(part: PicturePart) -> int:
    """Return the line in the source where a part begins."""
    return part.first.span.begins.line if part.first is not None else 0
