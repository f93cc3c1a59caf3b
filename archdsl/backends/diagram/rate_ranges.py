"""Ranges of drop rates, for parts that stand for several with different rates."""

from __future__ import annotations

from archdsl.backends.diagram.part_sizes import noted
from archdsl.backends.diagram.picture_model import PicturePart
from archdsl.ops.notation import rated


def ranged(part: PicturePart) -> None:
    """Align a part's equals, and write the range of each rate that differs among them."""
    equals = instances(part)
    if part.body is None:
        if len(equals) > 1 and part.nodes:
            (_block if part.kind in ("block", "repeat") else _card)(part, equals)
        return
    for position, each in enumerate(part.body.parts):
        each.alike = [other.body.parts[position] for other in equals[1:] if other.body is not None]
        ranged(each)


def instances(part: PicturePart) -> list[PicturePart]:
    """Return a part and all equal ones that it represents."""
    return [each for equal in (part, *part.alike) for each in (equal, *equal.spread)]


def _card(part: PicturePart, equals: list[PicturePart]) -> None:
    """Write the range of rates in the captions of an op and its followers."""
    captions = []
    for nodes in zip(*(each.nodes for each in equals), strict=True):
        rates = {node.op.rate: None for node in nodes}
        known = [rate for rate in rates if rate is not None]
        op = nodes[0].op
        captions.append(op.caption if len(known) < 2 else rated(op.word, *known))
    if part.title == part.nodes[0].op.caption:
        part.title = captions[0]
    part.detail = " · ".join(captions[1:])


def _block(part: PicturePart, equals: list[PicturePart]) -> None:
    """Note the rates within a closed block that differ from call to call."""
    rates: dict[str, set[tuple[float, ...]]] = {}
    for each in equals:
        own: dict[str, list[float]] = {}
        for node in each.nodes:
            if node.op.rate is not None:
                own.setdefault(node.op.word, []).append(node.op.rate)
        for word, found in own.items():
            rates.setdefault(word, set()).add(tuple(found))
    for word, several in rates.items():
        if len(several) > 1:
            text = rated(word, *(rate for found in several for rate in found))
            part.note = noted(part.note, text)
