"""The rates of parts that stand for several, from the least to the most where they differ."""

from __future__ import annotations

from archdsl.backends.diagram.part_sizes import noted
from archdsl.backends.diagram.picture_model import PicturePart
from archdsl.ops.notation import rated


def ranged(part: PicturePart) -> None:
    """Aligns a part's equals, and writes the range of each rate that differs among them."""
    equals = instances(part)
    if part.body is None:
        if len(equals) > 1 and part.nodes:
            (_block if part.kind in ("block", "repeat") else _card)(part, equals)
        return
    for position, each in enumerate(part.body.parts):
        each.alike = [other.body.parts[position] for other in equals[1:] if other.body is not None]
        ranged(each)


def instances(part: PicturePart) -> list[PicturePart]:
    """A part and all equal ones that it stands for."""
    return [each for equal in (part, *part.alike) for each in (equal, *equal.spread)]


def _card(part: PicturePart, equals: list[PicturePart]) -> None:
    """An op and its followers: each caption with the rates of all equals."""
    said = []
    for nodes in zip(*(each.nodes for each in equals), strict=True):
        rates = {node.op.rate: None for node in nodes}
        known = [rate for rate in rates if rate is not None]
        op = nodes[0].op
        said.append(op.caption if len(known) < 2 else rated(op.word, *known))
    if part.title == part.nodes[0].op.caption:
        part.title = said[0]
    part.detail = " · ".join(said[1:])


def _block(part: PicturePart, equals: list[PicturePart]) -> None:
    """A closed block: the rates within it that differ from call to call."""
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
