"""The edges of a picture: each edge of the graph where both its ends are visible."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from archdsl.backends.diagram.picture_model import OUT, Key, PicturePart, entry
from archdsl.backends.diagram.visible_values import VisibleValues, hidden
from archdsl.ir import Graph


def wire(graph: Graph, root: PicturePart) -> ShownParts:
    """Fill the edges of all bodies, and return each drawn node's part.

    Linear apart from nesting.
    """
    shown = ShownParts(graph, VisibleValues(graph))
    _find(root, shown, None)
    places = _places(root)
    for source, a, b in shown.edges():
        _connect(source, a, b, places)
    return shown


@dataclass
class ShownParts:
    """The parts that stand for nodes.

    `parts` maps a drawn node to its part, `taps` to the pill of a value within a closed part that
    others read; `ends` are the pills of outputs, by position.
    """

    graph: Graph
    visible: VisibleValues
    parts: dict[int, PicturePart] = field(default_factory=dict)
    taps: dict[int, PicturePart] = field(default_factory=dict)
    ends: list[tuple[int, PicturePart]] = field(default_factory=list)

    def edges(self) -> Iterator[tuple[int, PicturePart, PicturePart]]:
        """Yield each edge of the graph: the node that is read, its part, and the reading part."""
        for number, tap in self.taps.items():
            yield number, self.parts[number], tap
        for node in self.graph.nodes:
            target = self.parts.get(node.id)
            if target is not None:
                for number in self.visible.reads[node.id]:
                    yield number, self._source(number, target), target
        for position, pill in self.ends:
            number = self.visible.origin[self.graph.outputs[position]]
            yield number, self._source(number, pill), pill

    def _source(self, number: int, reader: PicturePart) -> PicturePart:
        """Return the part that a reader's edge starts from."""
        part = self.parts[number]
        return part if part is reader else self.taps.get(number, part)


def _find(part: PicturePart, found: ShownParts, stand_in: PicturePart | None) -> None:
    """Find the part of each node; the inside of a stand-in's equals is not drawn."""
    shown = stand_in or part
    for node in part.nodes:
        if not hidden(node):
            found.parts[node.id] = shown
    if part.returns is not None:
        found.ends.append((part.returns, shown))
    if part.tap and part.last is not None and stand_in is None:
        found.taps[part.last.id] = part
    for each in part.body.parts if part.body else ():
        _find(each, found, stand_in)
    for each in part.spread:
        _find(each, found, shown)


def _places(root: PicturePart) -> dict[int, tuple[int, int]]:
    """Return the depth of each part and its position in its body."""
    found = {id(root): (0, 0)}
    stack = [root]
    while stack:
        part = stack.pop()
        depth = found[id(part)][0]
        for position, each in enumerate(part.body.parts if part.body else ()):
            found[id(each)] = depth + 1, position
            stack.append(each)
    return found


def _connect(
    source: int, a: PicturePart, b: PicturePart, places: dict[int, tuple[int, int]]
) -> None:
    """Add an edge from part to part, through the walls of the boxes between them."""
    mark = "aux" if b.mark == "aux" and a.mark != "aux" else ""
    if "shortcut" in (a.mark, b.mark):
        mark = "shortcut"
    if a is not b and not b.tap:
        a.gives.add(source)
    while a is not b and a.parent is not b.parent:
        if places[id(a)][0] >= places[id(b)][0]:
            _add(a.parent, places[id(a)][1], OUT, mark if a.mark == "shortcut" else "")
            assert a.parent is not None
            a = a.parent
            if a is not b:
                a.gives.add(source)
        else:
            _add(b.parent, entry(source), places[id(b)][1], mark)
            assert b.parent is not None
            b = b.parent
    if a is not b:
        outer = _outer(mark, a, b)
        _add(a.parent, places[id(a)][1], places[id(b)][1], outer)


def _outer(mark: str, a: PicturePart, b: PicturePart) -> str:
    """Return the mark outside a box: a shortcut within a box does not make the box one."""
    if mark == "shortcut" and "shortcut" not in (a.mark, b.mark):
        return ""
    return mark


def _add(parent: PicturePart | None, source: Key, target: Key, mark: str) -> None:
    if parent is not None and parent.body is not None:
        parent.body.edges.setdefault((source, target), mark)
