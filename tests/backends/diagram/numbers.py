"""The numbers of an SVG, read from its texts, against those of the graph."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator

from archdsl.analyses.cost import costs
from archdsl.backends.diagram.parts import Part
from archdsl.ir import Graph, Node
from tests.backends.diagram.geometry import SVG, own_box, text_box
from tests.backends.diagram.wires import hidden, origin, parts_of, shown_nodes

RATE = re.compile(r"(?:dropout|dropout2d|drop_path) ([\d.]+)(?:…([\d.]+))?")
COUNT = re.compile(r"^([\d,]+) (parameters|multiply-adds)$", re.MULTILINE)


def wrong_numbers(graph: Graph, svg: str, root: Part) -> Iterator[str]:
    """Each number that a picture has otherwise than the graph."""
    cards = {group.get("data-path"): group for group in ET.fromstring(svg).iter(SVG + "g")}
    cost = costs(graph)
    for part in parts_of(root):
        group = cards.get(part.path)
        if group is None or part is root or not (nodes := list(shown_nodes(part))):
            continue
        for count, title in COUNT.findall(group.findtext(SVG + "title") or ""):
            field = "params" if title == "parameters" else "macs"
            inside = [node for each in parts_of(part) for node in shown_nodes(each)]
            true = sum(getattr(cost[node.id], field) for node in inside)
            if count != f"{true:,}":
                yield f"{part.path}: {count} {title}, not {true:,}"
        texts, below = _texts(group)
        if part.body is None and part.kind not in ("block", "repeat", "more"):
            yield from _captions(part, nodes, texts)
        yield from _shapes(graph, part, nodes, below)


def _texts(group: ET.Element) -> tuple[str, list[str]]:
    """What is written on a card, and what is beside it."""
    box = own_box(group)
    inside, below = [], []
    for text in group.findall(SVG + "text"):
        (inside if box.holds(text_box(text)) else below).append(text.text or "")
    return " ".join(inside), below


def _captions(part: Part, nodes: list[Node], said: str) -> Iterator[str]:
    """Kernel, channels, stride, groups and rates, against every op that a card stands for."""
    if "…" in RATE.sub("", said):
        return  # cut: all of it is in the hover
    for node in nodes:
        op = node.op
        kernel = getattr(op, "kernel", None)
        if isinstance(kernel, tuple):
            if f"{kernel[0]}×{kernel[1]}" not in said:
                yield f"{part.path}: {said!r} is not the kernel of {op.title}"
            usual = kernel if op.kind == "pool" else (1, 1)
            stride = op.stride or kernel  # type: ignore[attr-defined]
            shown = re.search(r"/(\d+)(?:×(\d+))?", said)
            read = (int(shown[1]), int(shown[2] or shown[1])) if shown else usual
            if read != stride:
                yield f"{part.path}: {said!r} is not the stride of {op.title}"
        groups = re.search(r"(\d+) groups", said)
        if getattr(op, "groups", 1) != (int(groups[1]) if groups else 1) and kernel:
            yield f"{part.path}: {said!r} are not the groups of {op.title}"
        for wide in ("channels", "features"):
            if hasattr(op, wide) and str(getattr(op, wide)) not in re.split(r"[ ,]+", said):
                yield f"{part.path}: {said!r} has not the {wide} of {op.title}"
    yield from _rates(part, nodes, said)


def _rates(part: Part, nodes: list[Node], said: str) -> Iterator[str]:
    true = {f"{node.op.rate:.3g}" for node in nodes if node.op.rate}
    read = {each for found in RATE.findall(said) for each in found if each}
    ends = {min(true, key=float), max(true, key=float)} if true else set()
    if not ends <= read <= true:
        yield f"{part.path}: {said!r} does not show the rates {sorted(true)}"


def _shapes(graph: Graph, part: Part, nodes: list[Node], below: list[str]) -> Iterator[str]:
    """The shape below a card is that of every value which leaves it."""
    if not below or part.form == "rail":
        return
    inside = {node.id for each in parts_of(part) for node in shown_nodes(each)}
    tapped = {each.last.id for each in part.parent.body.parts if each.tap and each.last}  # type: ignore[union-attr]
    leaving = {
        source
        for node in graph.nodes
        if node.id not in inside and not hidden(node)
        for source in (origin(graph, number).id for number in node.inputs)
        if source in inside and source not in tapped
    }
    for number in leaving:
        true = "×".join(map(str, graph.nodes[number].shape))
        if below != [true]:
            yield f"{part.path}: {below} is written, {true} leaves"
