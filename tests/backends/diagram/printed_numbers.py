"""The numbers of an SVG, read from its texts, against those of the graph."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator

from archdsl.analyses.cost import costs
from archdsl.analyses.receptive_field import receptive_fields
from archdsl.backends.diagram.picture_model import PicturePart
from archdsl.ir import Graph, Node
from tests.backends.diagram.geometry import SVG, own_box, text_box
from tests.backends.diagram.wires import (
    hidden,
    nodes_in,
    origin,
    parts_of,
    shown_nodes,
    with_copies,
)

RATE = re.compile(r"(?:dropout|dropout2d|drop_path) ([\d.]+)(?:…([\d.]+))?")
COUNT = re.compile(
    r"^(up to )?([\d,]+) (parameters|multiply-adds|pixels of receptive field)( in all.*)?$",
    re.MULTILINE,
)
PIXELS = re.compile(r"(?:^| )(?:up to )?([\d,]+) px(?: |$)")


def wrong_numbers(
    graph: Graph, svg: str, root: PicturePart, coloured: bool = False
) -> Iterator[str]:
    """Each number that a picture has otherwise than the graph; coloured: by receptive fields."""
    cards = {group.get("data-path"): group for group in ET.fromstring(svg).iter(SVG + "g")}
    truth = Truth(graph)
    for part, copies in with_copies(root):
        group = cards.get(part.path)
        if group is None or part is root or not (nodes := list(shown_nodes(part))):
            continue
        yield from truth.wrong_counts(part, copies, group.findtext(SVG + "title") or "")
        texts, below = _texts(group)
        if part.body is None and part.kind not in ("block", "repeat", "more"):
            yield from _captions(part, nodes, texts)
            yield from _rates(part, [node for each in copies for node in shown_nodes(each)], texts)
        if coloured and part.form == "card" and "…" not in texts:
            yield from truth.wrong_pixels(part, copies, texts)
        yield from _shapes(graph, part, nodes, below)


class Truth:
    """The numbers of each node, from the analyses."""

    def __init__(self, graph: Graph) -> None:
        self.costs = costs(graph)
        self.fields = [0] * len(graph.nodes)
        for source in graph.inputs:
            own: dict[int, int] = {}
            for number, field in receptive_fields(graph, source).items():
                sizes = [axis.size for axis in field.axes if axis is not None]
                whole = max(graph.nodes[source].shape[1:], default=1) if field.whole else 0
                before = [own[each] for each in graph.nodes[number].inputs if each in own]
                own[number] = max(whole, *sizes, *before, 0)
                self.fields[number] = max(self.fields[number], own[number])

    def wrong_counts(
        self, part: PicturePart, copies: list[PicturePart], text: str
    ) -> Iterator[str]:
        """What is shown on hovering: sums over all that a card stands for, largest fields."""
        true = {
            "parameters": self._sums(copies, "params"),
            "multiply-adds": self._sums(copies, "macs"),
            "pixels of receptive field": self._fields(copies),
        }
        for bound, count, title, whose in COUNT.findall(text):
            numbers = true.pop(title)
            if count != f"{max(numbers):,}" or bool(bound) != (len(numbers) > 1):
                yield f"{part.path}: {bound}{count} {title}, of {numbers}"
            if bool(whose) != (bool(part.spread) and title != "pixels of receptive field"):
                yield f"{part.path}: {count} {title}{whose}, of {part.times}"
        for title, numbers in true.items():
            if max(numbers):
                yield f"{part.path}: {numbers} {title} are not shown"

    def wrong_pixels(
        self, part: PicturePart, copies: list[PicturePart], text: str
    ) -> Iterator[str]:
        """The field on a card."""
        found = PIXELS.search(text)
        true = max(self._fields(copies))
        if (found[1] if found else "0") != f"{true:,}":
            yield f"{part.path}: {text!r}, not {true} pixels"

    def _sums(self, copies: list[PicturePart], what: str) -> set[int]:
        """For each box that a part is in: the sum over all that its card stands for."""
        every = [[node for each in parts_of(copy) for node in shown_nodes(each)] for copy in copies]
        return {sum(getattr(self.costs[node.id], what) for node in nodes) for nodes in every}

    def _fields(self, copies: list[PicturePart]) -> set[int]:
        """The largest field of each of the equal parts that a card stands for."""
        every = [equal for copy in copies for equal in (copy, *copy.spread)]
        return {max(self.fields[node.id] for node in nodes_in(equal)) for equal in every}


def _texts(group: ET.Element) -> tuple[str, list[str]]:
    """What is written on a card, and what is beside it."""
    box = own_box(group)
    inside, below = [], []
    for text in group.findall(SVG + "text"):
        (inside if box.holds(text_box(text)) else below).append(text.text or "")
    return " ".join(inside), below


def _captions(part: PicturePart, nodes: list[Node], text: str) -> Iterator[str]:
    """Kernel, channels, stride, groups and rates, against every op that a card stands for."""
    if "…" in RATE.sub("", text):
        return  # cut: all of it is in the hover
    for node in nodes:
        op = node.op
        kernel = getattr(op, "kernel", None)
        if isinstance(kernel, tuple):
            if f"{kernel[0]}×{kernel[1]}" not in text:
                yield f"{part.path}: {text!r} is not the kernel of {op.title}"
            usual = kernel if op.kind == "pool" else (1, 1)
            stride = op.stride or kernel  # type: ignore[attr-defined]
            shown = re.search(r"/(\d+)(?:×(\d+))?", text)
            read = (int(shown[1]), int(shown[2] or shown[1])) if shown else usual
            if read != stride:
                yield f"{part.path}: {text!r} is not the stride of {op.title}"
        groups = re.search(r"(\d+) groups", text)
        if getattr(op, "groups", 1) != (int(groups[1]) if groups else 1) and kernel:
            yield f"{part.path}: {text!r} are not the groups of {op.title}"
        for wide in ("channels", "features"):
            if hasattr(op, wide) and str(getattr(op, wide)) not in re.split(r"[ ,]+", text):
                yield f"{part.path}: {text!r} has not the {wide} of {op.title}"


def _rates(part: PicturePart, nodes: list[Node], text: str) -> Iterator[str]:
    if "…" in RATE.sub("", text):
        return
    true = {f"{node.op.rate:.3g}" for node in nodes if node.op.rate}
    read = {each for found in RATE.findall(text) for each in found if each}
    ends = {min(true, key=float), max(true, key=float)} if true else set()
    if not ends <= read <= true:
        yield f"{part.path}: {text!r} does not show the rates {sorted(true)}"


def _shapes(graph: Graph, part: PicturePart, nodes: list[Node], below: list[str]) -> Iterator[str]:
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
