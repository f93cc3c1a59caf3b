"""Build the picture model of a graph: which parts are opened, closed or merged."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from archdsl.backends.diagram.captions import (
    arguments_of,
    holds,
    name_of,
    own_name,
    title_of,
)
from archdsl.backends.diagram.detail_levels import DetailLevel
from archdsl.backends.diagram.equal_parts import FOLLOWERS, EqualParts, join
from archdsl.backends.diagram.part_forms import (
    calls_itself,
    form,
    is_repeat,
    mark_of,
    read_from_outside,
    says_all,
)
from archdsl.backends.diagram.picture_model import PictureBody, PicturePart
from archdsl.backends.diagram.rate_ranges import ranged
from archdsl.backends.diagram.visible_values import VisibleValues, hidden
from archdsl.ir import Graph, Node, Scope
from archdsl.ops import size

LONGEST_LIST = 90  # parts of one body; more are cut in the middle


def build(graph: Graph, detail: DetailLevel) -> PicturePart:
    """Return the parts of a network, without the edges between them; linear in the graph."""
    visible = VisibleValues(graph)
    builder = _Builder(graph, detail, visible, EqualParts(visible))
    root = PicturePart("box", "network", "", graph.name)
    root = builder.opened(root, builder.contents(graph.root, ""))
    assert root.body is not None
    outputs = graph.output_names if len(graph.outputs) > 1 else ()
    for position, name in enumerate(outputs):
        pill = PicturePart("pill", "input", f"output-{name}", f"output {name}", parent=root)
        pill.returns = position
        root.body.parts.append(pill)
    if outputs:
        root.body.parts = builder.shortened(root.body.parts)
    for part in root.body.parts:
        part.parent = root
    ranged(root)
    return root


@dataclass
class _Builder:
    graph: Graph
    detail: DetailLevel
    visible: VisibleValues
    equal_parts: EqualParts

    def contents(self, scope: Scope, mark: str) -> list[PicturePart]:
        """Return what a scope shows at its own level; scopes without a name dissolve."""
        mark = mark_of(scope) or mark
        found: list[PicturePart] = []
        for item in scope.items:
            if isinstance(item, Node):
                found += [] if hidden(item) else [self.leaf(item, mark)]
            elif item.kind == "branch":
                found += self.branch(item, mark)
            elif item.kind == "dense":
                found += self.dense(item, mark)
            elif calls_itself(item):
                found += self.recursive(item, mark)
            elif item.name is not None:
                found += self.scope(item, mark)
            elif self.detail.gathers and is_repeat(item):
                found += self.rounds(item, mark)
            else:
                found += self.contents(item, mark)
        return found

    def recursive(self, scope: Scope, mark: str) -> list[PicturePart]:
        """Return what a block inside one of its kind shows, as parts of the outer one."""
        inside = self.contents(scope, mark)
        for part in inside:
            part.look = self.equal_parts.look(part.look, scope.path)
        return inside

    def leaf(self, node: Node, mark: str) -> PicturePart:
        """Return the part of one op."""
        op = node.op
        part = PicturePart(form(node), op.kind, node.path, op.sign or op.caption, mark=mark)
        part.name = "" if op.kind == "merge" else name_of(node)
        part.first = part.last = node
        part.nodes = [node]
        part.low = min((node.id, *self.visible.reads[node.id]))
        makes = () if op.kind in FOLLOWERS else node.shape
        wires = self.visible.offsets(node)
        part.look = self.equal_parts.look(op.brief, makes, wires, mark, own_name(node))
        return part

    def branch(self, scope: Scope, mark: str) -> list[PicturePart]:
        """Return a branch of a merge: a column of its own, if it has more than one part.

        Values enter a column at its top and leave it at its foot: all that leave go to the same
        node.
        """
        inside = self.settled(self.contents(scope, mark))
        around_skip = scope.title in ("skip", "shortcut")
        if around_skip or len(inside) < 2 or len(read_from_outside(scope)) != 1:
            return inside
        if not self.leaves_together(scope):
            return inside
        frame = PicturePart("frame", "frame", f"{inside[0].path}-branch", "branch", mark=mark)
        return [self.opened(frame, inside)]

    def leaves_together(self, scope: Scope) -> bool:
        """Whether the same nodes read all values that leave a scope."""
        own = {node.id for node in scope.nodes()}
        outside = (frozenset(self.visible.readers[number]) - own for number in own)
        return len({readers for readers in outside if readers}) < 2

    def scope(self, scope: Scope, mark: str) -> list[PicturePart]:
        """Return a named part: opened, closed, or nothing where it is empty."""
        mark = mark_of(scope) or mark
        inside = self.settled(self.contents(scope, mark))
        if not inside:
            return []
        opened = self.detail.opens(scope)
        if len(inside) == 1 and says_all(inside[0], opened):
            inside[0].name = inside[0].name or name_of(scope)
            return inside
        part = self.called(scope, mark)
        part.last = self.ending(scope, inside)
        if opened:
            return [self.opened(part, inside)]
        part = self.closed(part, scope, inside)
        return [part, *self.taps(part)]

    def ending(self, scope: Scope, inside: list[PicturePart]) -> Node | None:
        """Return the node whose value a scope ends with: its last, or the one that repeats it."""
        found = self.graph.output_of(scope)
        number = self.visible.origin[found.id] if found is not None else -1
        first = inside[0].first
        if first is not None and number >= first.id:
            return self.graph.nodes[number]
        return inside[-1].last

    def taps(self, part: PicturePart) -> list[PicturePart]:
        """Return the values inside a closed part that later parts read, except its last."""
        found = []
        end = max(node.id for node in part.nodes)
        for node in part.nodes if part.reach > end else ():
            if node is part.last or self.visible.latest[node.id] <= end:
                continue
            tap = PicturePart(
                "pill", "other", f"{node.path}-value", size(node.shape).replace("x", "×")
            )
            tap.name = node.path.removeprefix(f"{part.path}.")
            tap.first = tap.last = node
            tap.tap, tap.low, tap.mark = True, node.id, part.mark
            tap.look = self.equal_parts.look("tap", tap.path)
            found.append(tap)
        return found

    def called(self, scope: Scope, mark: str) -> PicturePart:
        """Return an empty part for a scope."""
        part = PicturePart(
            "box", "block", scope.path, title_of(scope), arguments_of(scope), mark=mark
        )
        part.name, part.what, part.called = name_of(scope), scope.title, own_name(scope)
        if scope.kind != "block" and part.name:
            part.title, part.name = part.name, ""
        return part

    def opened(self, part: PicturePart, inside: list[PicturePart]) -> PicturePart:
        """Return a part with its content shown."""
        inside = self.settled(inside)
        part.body = PictureBody(self.shortened(inside))
        part.first, part.last = inside[0].first, part.last or inside[-1].last
        self.equal_parts.bounded(part, inside)
        for each in part.body.parts:
            each.parent = part
        part.look = self.look_of("open", part, inside)
        return part

    def closed(self, part: PicturePart, scope: Scope, inside: list[PicturePart]) -> PicturePart:
        """Return one card for all that a part holds."""
        part.form = "card"
        part.nodes = list(scope.nodes())
        part.first, part.last = part.nodes[0], part.last or inside[-1].last
        self.equal_parts.bounded(part, inside, part.nodes)
        if scope.kind != "block":
            parts = [each for each in inside if not each.tap]
            blocks = [each for each in parts if each.kind == "block"]
            part.detail = holds((each.what or each.title, each.times) for each in blocks or parts)
        part.look = self.look_of("closed", part, inside)
        return part

    def look_of(self, how: str, part: PicturePart, inside: list[PicturePart]) -> int:
        """Return the look of a part: its texts and what it holds; equal for equal pictures."""
        looks = tuple((each.look, each.times) for each in inside)
        chosen = part.path if how == "closed" and self.detail.concerns(part.path) else ""
        texts = (part.what, part.detail, part.mark, part.called)
        return self.equal_parts.look(how, texts, looks, chosen)

    def settled(self, parts: list[PicturePart]) -> list[PicturePart]:
        return self.equal_parts.settled(parts) if self.detail.gathers else parts

    def rounds(self, repeat: Scope, mark: str) -> list[PicturePart]:
        """Return the iterations of a repeat without a name; equal ones in a row are one box."""
        found: list[PicturePart] = []
        rounds = [
            self.equal_parts.fused(self.contents(item, mark))
            for item in repeat.items
            if isinstance(item, Scope)
        ]
        rounds = [parts for parts in rounds if parts]
        for _, group in groupby(rounds, key=lambda parts: [each.look for each in parts]):
            alike = list(group)
            if len(alike) == 1 or len(alike[0]) == 1 or not self.equal_parts.in_a_row(alike):
                found += [each for parts in alike for each in parts]
                continue
            boxes = [self.round(parts, mark) for parts in alike]
            box = boxes[0]
            box.times, box.spread, box.last = len(boxes), boxes[1:], boxes[-1].last
            found.append(box)
        return found

    def round(self, parts: list[PicturePart], mark: str) -> PicturePart:
        """Return one iteration of an unlabelled repeat, opened."""
        box = PicturePart("box", "repeat", f"{parts[0].path}-repeat", "repeat", mark=mark)
        return self.opened(box, parts)

    def dense(self, scope: Scope, mark: str) -> list[PicturePart]:
        """Return the rail of a dense block: all layers read it, and each widens it."""
        rows: list[PicturePart] = []
        widths: list[int] = []
        for item in scope.items:
            if isinstance(item, Node):
                widths[-1:] = [item.shape[0]]
                continue
            inside = self.settled(self.contents(item, mark))
            if inside:
                rows.append(inside[0] if len(inside) == 1 else self.layer(item, inside, mark))
                widths.append(0)
        if not rows:
            return []
        if scope.name is not None and not self.detail.opens(scope):
            part = self.closed(self.called(scope, mark), scope, self._with_end(scope, rows))
            return [part, *self.taps(part)]
        return [self.rail(scope, rows, widths, mark)]

    def layer(self, scope: Scope, inside: list[PicturePart], mark: str) -> PicturePart:
        """Return a layer of several parts, opened; unnamed ones take their first part's path."""
        part = self.called(scope, mark)
        part.path = scope.path if scope.name else f"{inside[0].path}-layer"
        return self.opened(part, inside)

    def _with_end(self, scope: Scope, rows: list[PicturePart]) -> list[PicturePart]:
        """Return the layers, and the op that joins the last of them to the others."""
        ends = [item for item in scope.items if isinstance(item, Node)]
        return [*rows, self.leaf(ends[-1], "")] if ends else rows

    def rail(
        self, scope: Scope, rows: list[PicturePart], widths: list[int], mark: str
    ) -> PicturePart:
        """Return the rows of a dense block, equal ones once; `widths`: channels after each."""
        first, part = rows[0].first, self.called(scope, mark)
        assert first is not None
        kept: list[PicturePart] = []
        marks = [self.graph.nodes[first.inputs[0]].shape[0]]
        for row, width in zip(rows, widths, strict=True):
            if kept and self.detail.gathers and kept[-1].look == row.look:
                join(kept[-1], row)
                marks[-1] = width
            else:
                kept.append(row)
                marks.append(width)
        part.form, part.detail = "rail", ""
        part.path = part.path if scope.name else f"{rows[0].path}-dense"
        part.body = PictureBody(kept, widths=marks)
        for each in kept:
            each.parent = part
        part.nodes = [item for item in scope.items if isinstance(item, Node)]
        part.first, part.last = first, part.nodes[-1] if part.nodes else rows[-1].last
        self.equal_parts.bounded(part, rows, part.nodes)
        part.look = self.equal_parts.look(self.look_of("rail", part, kept), tuple(marks))
        return part

    def shortened(self, parts: list[PicturePart]) -> list[PicturePart]:
        """Return a list of parts without its middle, where it is too long to read."""
        if not self.detail.gathers or len(parts) <= LONGEST_LIST:
            return parts
        keep = LONGEST_LIST // 3
        middle = parts[keep:-keep]
        more = PicturePart("more", "more", f"{middle[0].path}-more", f"{len(middle):,} more")
        more.first, more.last, more.spread = middle[0].first, middle[-1].last, middle
        return [*parts[:keep], more, *parts[-keep:]]
