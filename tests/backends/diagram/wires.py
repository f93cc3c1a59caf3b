"""The edges of an SVG, read from where its lines begin and end, and those that a graph asks for."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator

from archdsl.backends.diagram.picture_model import PicturePart
from archdsl.ir import Graph, Node
from tests.backends.diagram.geometry import SVG, Box, classes, corners, groups, own_box

Edge = tuple[str, str, str]  # the path of the part around, the source or "in", the target or "out"
NEAR = 1.0  # pixels
HEADER = 24.0  # of a box's title: what enters a box begins below it


def drawn_edges(svg: str, root: PicturePart) -> set[Edge]:
    """Each line of the picture, followed from card to card within the part around it."""
    found: set[Edge] = set()
    stack = [("", ET.fromstring(svg))]
    rails = {part.path for part in parts_of(root) if part.form == "rail"}
    while stack:
        path, element = stack.pop()
        inside = [(group.get("data-path") or "", group) for group in groups(element)]
        stack += inside
        if path in rails:
            continue
        cards = [own_box(group) for _, group in inside]
        around = own_box(element) if path else None
        lines = [
            corners(each.get("d", ""))
            for each in (element if path else _above_legend(element))
            if each.tag == SVG + "path" and "wire" in classes(each)
        ]
        found |= set(_followed(path, lines, cards, around))
    return found


def _above_legend(root: ET.Element) -> list[ET.Element]:
    """What is drawn up to the last part: the legend comes after it."""
    elements = list(root)
    last = max(n for n, element in enumerate(elements) if element.tag == SVG + "g")
    return elements[:last]


def _followed(
    path: str, lines: list[list[tuple[float, float]]], cards: list[Box], around: Box | None
) -> Iterator[Edge]:
    for number, line in enumerate(lines):
        source = _near(line[0], cards, below=True)
        if source is None and any(_meet(line[0], other[-1]) for other in lines):
            continue  # it goes on from another line
        start = source.what if source else "in"
        if source is None:
            assert around is not None, f"a line of {path!r} begins nowhere: {line[0]}"
            assert abs(line[0][1] - around.top - HEADER) < NEAR, f"{path!r}: {line[0]}"
        reached, waiting, seen = set(), [number], {number}
        while waiting:
            here = waiting.pop()
            end = lines[here][-1]
            others = [card for card in cards if card is not source]
            target = _near(end, others, below=False)
            following = {n for n, other in enumerate(lines) if _meet(end, other[0])} - {here}
            if target is not None:
                reached.add(target.what)
            elif following:
                waiting += following - seen
                seen |= following
            else:
                assert around is not None, f"a line of {path!r} ends nowhere: {end}"
                assert abs(end[1] - around.bottom) < 10, f"a line of {path!r} ends nowhere: {end}"
                reached.add("out")
        for each in reached:
            yield path, start, each


def _near(point: tuple[float, float], cards: list[Box], below: bool) -> Box | None:
    """The card that a line touches."""
    x, y = point
    for card in cards:
        if card.left - NEAR <= x <= card.right + NEAR:
            deep = 8.0 if below else 0.0  # the cards behind a repeated one are below it
            if card.top - NEAR <= y <= card.bottom + NEAR + deep:
                return card
    return None


def _meet(a: tuple[float, float], b: tuple[float, float]) -> bool:
    return abs(a[0] - b[0]) < NEAR and abs(a[1] - b[1]) < NEAR


def true_edges(graph: Graph, root: PicturePart) -> set[Edge]:
    """For each edge of the graph: the edge between what is drawn of its ends, and through the
    walls around them."""
    places: dict[int, list[PicturePart]] = {}
    taps: dict[int, list[PicturePart]] = {}
    ends: dict[int, list[PicturePart]] = {}
    for part, around in _with_walls(root):
        for node in shown_nodes(part):
            places.setdefault(node.id, around)
        for position in _returns(part):
            ends[position] = around
        if part.tap and part.last is not None:
            taps[part.last.id] = around
    found: set[Edge] = set()
    for number, around in taps.items():
        found |= _between(places[number], around)
    for node in graph.nodes:
        for number in node.inputs if node.id in places else ():
            source = origin(graph, number)
            a, b = places[source.id], places[node.id]
            found |= _between(a if a[-1] is b[-1] else taps.get(source.id, a), b)
    for position, around in ends.items():
        source = origin(graph, graph.outputs[position])
        found |= _between(taps.get(source.id, places[source.id]), around)
    return found


def _between(a: list[PicturePart], b: list[PicturePart]) -> set[Edge]:
    """From part to part; boxes are walls, frames are not, and a rail's rows are not joined."""
    a, b = ([part for part in each if part.form != "frame"] for each in (a, b))
    shared = 0
    while shared < min(len(a), len(b)) and a[shared] is b[shared]:
        shared += 1
    if shared == min(len(a), len(b)):
        shared -= 1 if len(a) == len(b) else 0
        if len(a) == len(b):
            return set()
    found = set()
    for depth in range(shared + 1, len(a)):
        found.add((a[depth - 1], a[depth].path, "out"))
    for depth in range(shared + 1, len(b)):
        found.add((b[depth - 1], "in", b[depth].path))
    if shared < len(a) and shared < len(b):
        found.add((a[shared - 1], a[shared].path, b[shared].path))
    elif shared < len(a):  # to a box around it
        found.add((a[shared - 1], a[shared].path, "out"))
    elif shared < len(b):
        found.add((b[shared - 1], "in", b[shared].path))
    return {(part.path, *ends) for part, *ends in found if part.form != "rail"}  # type: ignore[misc]


def _with_walls(
    part: PicturePart, around: tuple[PicturePart, ...] = ()
) -> Iterator[tuple[PicturePart, list[PicturePart]]]:
    here = (*around, part)
    yield part, list(here)
    for each in part.body.parts if part.body else ():
        yield from _with_walls(each, here)


def parts_of(part: PicturePart) -> Iterator[PicturePart]:
    return (each for each, _ in _with_walls(part))


def _everything(part: PicturePart) -> Iterator[PicturePart]:
    yield part
    for each in (*(part.body.parts if part.body else ()), *part.spread):
        yield from _everything(each)


def shown_nodes(part: PicturePart) -> Iterator[Node]:
    """The nodes that only this part shows: its own, and all of the equals that it stands for."""
    yield from (node for node in part.nodes if not hidden(node))
    for equal in part.spread:
        for each in _everything(equal):
            yield from (node for node in each.nodes if not hidden(node))


def nodes_in(part: PicturePart) -> Iterator[Node]:
    """The nodes of one part, without those of its equals."""
    yield from (node for node in part.nodes if not hidden(node))
    for each in part.body.parts if part.body else ():
        yield from nodes_in(each)
        for equal in each.spread:
            yield from nodes_in(equal)


def with_copies(
    part: PicturePart, copies: tuple[PicturePart, ...] = ()
) -> Iterator[tuple[PicturePart, list[PicturePart]]]:
    """Each part, and itself with its equals in the boxes that its own box stands for."""
    copies = copies or (part,)
    yield part, list(copies)
    boxes = [equal for copy in copies for equal in (copy, *copy.spread) if equal.body]
    for position, each in enumerate(part.body.parts if part.body else ()):
        inside = tuple(box.body.parts[position] for box in boxes if box.body)
        yield from with_copies(each, inside)


def _returns(part: PicturePart) -> list[int]:
    every = [part, *(each for equal in part.spread for each in _everything(equal))]
    return [each.returns for each in every if each.returns is not None]


def hidden(node: Node) -> bool:
    return bool(node.inputs) and (node.op.passes or node.op.rate == 0)


def origin(graph: Graph, number: int) -> Node:
    node = graph.nodes[number]
    while hidden(node):
        node = graph.nodes[node.inputs[0]]
    return node


def everything_once(graph: Graph, root: PicturePart) -> bool:
    """Whether each drawn node has exactly one part that shows it."""
    seen = [node.id for part in parts_of(root) for node in shown_nodes(part)]
    return sorted(seen) == [node.id for node in graph.nodes if not hidden(node)]
