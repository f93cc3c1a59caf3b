"""The picture model as text for other tools: DOT and Mermaid, with boxes as clusters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from archdsl.backends.diagram import theme
from archdsl.backends.diagram.dot import template
from archdsl.backends.diagram.part_sizes import words
from archdsl.backends.diagram.picture_model import PicturePart
from archdsl.backends.diagram.text_width import plain
from archdsl.backends.diagram.wiring import wire
from archdsl.ir import Graph

UNSAFE = re.compile(r"[^\w .,:=/+×·…→-]", re.ASCII)
SHAPES = {  # by form: DOT's, Mermaid's brackets
    "pill": ("box", "([", "])"),
    "sign": ("circle", "((", "))"),
    "pool": ("box", "[\\", "/]"),
}
LINES = {"shortcut": ("dashed", "-.->"), "aux": ("dotted", "-.->")}


@dataclass(frozen=True, slots=True)
class DiagramLine:
    """A line of the text: a node, or the begin or end of a cluster; `indent` is spaces."""

    what: str  # node, open or close
    indent: str
    id: str = ""
    label: str = ""
    kind: str = ""
    shape: tuple[str, str, str] = ("box", "[", "]")
    fill: str = ""
    line: str = ""


@dataclass(frozen=True, slots=True)
class DiagramEdge:
    """An edge between two nodes."""

    source: str
    target: str
    style: str
    arrow: str
    label: str


@dataclass(frozen=True, slots=True)
class TextDiagram:
    """The data of both templates."""

    name: str
    lines: tuple[DiagramLine, ...]
    edges: tuple[DiagramEdge, ...]
    kinds: tuple[tuple[str, theme.Tone], ...]


def as_text(graph: Graph, root: PicturePart, style: str) -> str:
    """Return the picture as DOT or as a Mermaid flowchart."""
    escape, file = {
        "dot": (_dot, "picture.dot.j2"),
        "mermaid": (_mermaid, "picture.mmd.j2"),
    }[style]
    return template(file).render(view=view(graph, root, escape))


def view(graph: Graph, root: PicturePart, escape: Callable[[str], str]) -> TextDiagram:
    """Return lines and edges with their texts escaped."""
    ids: dict[int, str] = {}
    assert root.body is not None
    lines = [line for part in root.body.parts for line in _lines(part, ids, 1, escape)]
    kinds = dict.fromkeys(line.kind for line in lines if line.kind)
    tones = tuple((kind, theme.LIGHT[kind]) for kind in kinds if kind in theme.LIGHT)
    edges = tuple(
        DiagramEdge(ids[id(a)], ids[id(b)], *LINES.get(mark, ("solid", "-->")), escape(_shape(a)))
        for (a, b), mark in _edges(graph, root).items()
    )
    return TextDiagram(escape(graph.name), tuple(lines), edges, tones)


def _lines(
    part: PicturePart, ids: dict[int, str], depth: int, escape: Callable[[str], str]
) -> Iterator[DiagramLine]:
    indent = "  " * depth
    name = ids[id(part)] = f"n{len(ids)}"
    texts = words(part)
    label = " ".join(filter(None, (texts.name, texts.strong, texts.badge)))
    if part.body is None:
        text = "\n".join(filter(None, (label, texts.rest)))
        shape = SHAPES.get(part.kind, SHAPES.get(part.form, ("box", "[", "]")))
        tone = theme.LIGHT[part.kind]
        yield DiagramLine(
            "node", indent, name, escape(text), part.kind, shape, tone.fill, tone.line
        )
        return
    if part.form == "frame":
        for each in part.body.parts:
            yield from _lines(each, ids, depth, escape)
        return
    title = " ".join(filter(None, (label, texts.rest)))
    yield DiagramLine("open", indent, name, escape(title))
    for each in part.body.parts:
        yield from _lines(each, ids, depth + 1, escape)
    yield DiagramLine("close", indent)


def _edges(graph: Graph, root: PicturePart) -> dict[tuple[PicturePart, PicturePart], str]:
    """Return the edges between cards, each once, with their marks; a rail's layers are a chain."""
    found: dict[tuple[PicturePart, PicturePart], str] = {}
    for _, source, target in wire(graph, root).edges():
        if target.body is not None:
            continue
        start = _start(source, target)
        if start is not None and start is not target:
            mark = next((m for m in (target.mark, start.mark) if m in LINES), "")
            found.setdefault((start, target), mark)
    return found


def _start(source: PicturePart, target: PicturePart) -> PicturePart | None:
    """Return the card where an edge begins: in a rail, the layer before."""
    if source.form == "rail" and source.body is not None:
        row: PicturePart | None = target
        while row is not None and row.parent is not source:
            row = row.parent
        rows = source.body.parts
        before = rows.index(row) - 1 if row is not None else len(rows) - 1
        return _last(rows[before]) if before >= 0 else None
    return _last(source)


def _shape(part: PicturePart) -> str:
    """Return the text on the edges that leave a card: its shape, or that of the box it ends."""
    while not part.shape and part.parent is not None and _last(part.parent) is _last(part):
        part = part.parent
    return part.shape


def _last(part: PicturePart) -> PicturePart:
    while part.body is not None:
        part = part.body.parts[-1]
    return part


def _dot(text: str) -> str:
    """Escape text for a quoted string of DOT, which has escapes and entities."""
    safe = "\n".join(plain(line) for line in text.split("\n"))
    safe = safe.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
    return safe.replace("\n", "\\n")


def _mermaid(text: str) -> str:
    """Escape text for a quoted string of Mermaid, which has entities by number."""
    lines = [UNSAFE.sub(_entity, plain(line)) for line in text.split("\n")]
    return "<br/>".join(lines)


def _entity(found: re.Match[str]) -> str:
    return f"#{ord(found[0])};"
