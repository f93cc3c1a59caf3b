"""The edges of a picture: each edge of the graph, where both its ends are to be seen."""

from __future__ import annotations

from archdsl.backends.diagram.parts import OUT, Key, Part, entry
from archdsl.ir import Graph, Node


def wire(graph: Graph, root: Part) -> dict[int, Part]:
    """Fills the edges of all bodies; gives each drawn node's part. Linear but for nesting."""
    where: dict[int, Part] = {}
    _find(root, where, None)
    places = _places(root)
    for node in graph.nodes:
        if node.id not in where:
            continue
        for source in node.inputs:
            shown = seen(graph, source)
            if shown.id in where:
                _connect(shown.id, where[shown.id], where[node.id], places)
    if root.body is not None and len(graph.outputs) > 1:
        pills = root.body.parts[-len(graph.outputs) :]
        for number, pill in zip(graph.outputs, pills, strict=True):
            shown = seen(graph, number)
            _connect(shown.id, where[shown.id], pill, places)
    return where


def _find(part: Part, where: dict[int, Part], stand_in: Part | None) -> None:
    """Which part stands for each node; the inside of a stand-in's equals is not drawn."""
    shown = stand_in or part
    for node in part.nodes:
        where[node.id] = shown
    for each in part.body.parts if part.body else ():
        _find(each, where, stand_in)
    for each in part.spread:
        _find(each, where, shown)


def _places(root: Part) -> dict[int, tuple[int, int]]:
    """Of each part, its depth and its position in its body."""
    found = {id(root): (0, 0)}
    stack = [root]
    while stack:
        part = stack.pop()
        depth = found[id(part)][0]
        for position, each in enumerate(part.body.parts if part.body else ()):
            found[id(each)] = depth + 1, position
            stack.append(each)
    return found


def seen(graph: Graph, number: int) -> Node:
    """The node whose value is seen: an identity is not drawn."""
    node = graph.nodes[number]
    while node.op.passes and node.inputs:
        node = graph.nodes[node.inputs[0]]
    return node


def _connect(source: int, a: Part, b: Part, places: dict[int, tuple[int, int]]) -> None:
    """An edge from part to part, through the walls of the boxes between them."""
    mark = "aux" if b.mark == "aux" and a.mark != "aux" else ""
    if "shortcut" in (a.mark, b.mark):
        mark = "shortcut"
    while a is not b and a.parent is not b.parent:
        if places[id(a)][0] >= places[id(b)][0]:
            _add(a.parent, places[id(a)][1], OUT, mark if a.mark == "shortcut" else "")
            assert a.parent is not None
            a = a.parent
        else:
            _add(b.parent, entry(source), places[id(b)][1], mark)
            assert b.parent is not None
            b = b.parent
    if a is not b:
        outer = _outer(mark, a, b)
        _add(a.parent, places[id(a)][1], places[id(b)][1], outer)


def _outer(mark: str, a: Part, b: Part) -> str:
    """The mark that is left outside: a shortcut within a box does not make the box one."""
    if mark == "shortcut" and "shortcut" not in (a.mark, b.mark):
        return ""
    return mark


def _add(parent: Part | None, source: Key, target: Key, mark: str) -> None:
    if parent is not None and parent.body is not None:
        parent.body.edges.setdefault((source, target), mark)
