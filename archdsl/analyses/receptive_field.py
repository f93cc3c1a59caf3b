"""Receptive fields: which part of an input a unit of each value depends on. Linear in the graph.

Source: Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks",
Distill 2019 (doi:10.23915/distill.00021), for hulls over all paths instead of the longest one, and
with exact rationals for fractional strides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from archdsl.analyses.axis import PERIODS, POINT, Axis, Number, joined, through
from archdsl.ir import Graph, Node
from archdsl.ops import Shape
from archdsl.ops.input_windows import POINTWISE, Window, Windows, along_axes
from archdsl.records import record

Axes = tuple[Axis | None, ...]  # along each axis of the input
NOWHERE: Axes = (None, None)
# Steps, of a few microseconds each, that fractional strides may take in a graph, and for each node
# of it: so the networks that one command takes cost some seconds together.
WORK = 50_000
WORK_A_NODE = 40


@record
class Field:
    """The part of the input node `source` that a unit of a value depends on.

    `axes` leave out paths that no position bounds: global pools, the gate of a
    squeeze-and-excitation, flat values, the statistics of group and instance norms. `whole` is true
    where there is such a path: the unit then sees the whole input. An axis is None where there is
    no other path.
    """

    source: int
    axes: Axes
    whole: bool = False


@dataclass
class Budget:
    """The steps that are left for fractional strides; without any they count as global."""

    left: int

    @classmethod
    def of(cls, graph: Graph) -> Budget:
        """The budget of a graph, for the fields of all its inputs together."""
        return cls(WORK + WORK_A_NODE * len(graph.nodes))


def receptive_fields(
    graph: Graph,
    source: int | None = None,
    nodes: Iterable[Node] | None = None,
    budget: Budget | None = None,
) -> Mapping[int, Field]:
    """Return the field of each node, by its number, with respect to the input node `source`.

    Without `source`: with respect to the first input that the value depends on. A value that
    depends on no such input has no entry. `nodes` are those that depend on the source, in order,
    where the caller knows them: visiting no others keeps many inputs cheap. Calls for
    several inputs share a `budget`.
    """
    reader = _Reader(graph, budget or Budget.of(graph))
    for number in graph.inputs if source is None else (source,):
        count = len(graph.nodes[number].shape) - 1
        axes = (POINT,) * count if count else NOWHERE
        reader.fields[number] = Field(number, axes, whole=not count)
    for node in graph.nodes if nodes is None else nodes:
        field = reader.field(node) if node.inputs else None
        if field:
            reader.fields[node.id] = field
    return reader.fields


@dataclass
class _Reader:
    """The pass: the fields so far, and the work left for fractional strides."""

    graph: Graph
    budget: Budget
    fields: dict[int, Field] = field(default_factory=dict)

    @property
    def _periods(self) -> int:
        """The longest period that is followed."""
        return PERIODS if self.budget.left > 0 else 1

    def field(self, node: Node) -> Field | None:
        """A node's field; None where no operand has one."""
        known = [
            self._read(node, self.graph.nodes[number].shape, self.fields[number])
            for number in node.inputs
            if number in self.fields
        ]
        if len(known) < 2:
            return known[0] if known else None
        first = min(known, key=lambda field: field.source)
        if all(field is first for field in known):
            return first
        parts = [field for field in known if field.source == first.source]
        axes = self._joined(parts, node.shape)
        return Field(first.source, axes, None in axes or any(part.whole for part in parts))

    def _read(self, node: Node, source: Shape, field: Field) -> Field:
        """The field along one operand, of the shape `source`."""
        if field.axes is NOWHERE:
            return field
        if len(source) != len(node.shape) or len(source) == 1:  # a flat value has no positions
            return Field(field.source, NOWHERE, True)
        windows = node.op.windows(source, node.shape)
        if windows is POINTWISE and not node.op.sees_all:
            return field
        axes = self._through(field.axes, along_axes(windows, len(source) - 1))
        return Field(field.source, axes, None in axes or field.whole or node.op.sees_all)

    def _through(self, axes: Axes, windows: Windows) -> Axes:
        first = axes[0] and self._along(axes[0], windows[0])
        found = [first]
        for axis, window in zip(axes[1:], windows[1:], strict=True):
            same = axis is axes[0] and window == windows[0]  # most are square: once will do
            found.append(first if same else axis and self._along(axis, window))
        return tuple(found)

    def _along(self, axis: Axis, window: Window) -> Axis | None:
        found = through(axis, window, self._periods)
        if found and found.period > 1:
            self.budget.left -= found.period * min(axis.period, 1 + len(window.reads[0]))
        return found

    def _joined(self, parts: Sequence[Field], shape: Shape) -> Axes:
        if any(len(part.axes) != len(parts[0].axes) for part in parts):
            return NOWHERE
        extents = shape[1:] or (1,) * len(parts[0].axes)
        first = self._union([part.axes[0] for part in parts], extents[0])
        found = [first]
        for place, extent in enumerate(extents[1:], 1):
            same = extent == extents[0] and all(p.axes[0] is p.axes[place] for p in parts)
            found.append(first if same else self._union([p.axes[place] for p in parts], extent))
        return tuple(found)

    def _union(self, axes: Sequence[Axis | None], extent: int) -> Axis | None:
        known = [axis for axis in axes if axis]
        found = joined(known, extent, self._periods) if known else None
        if found and found.period > 1:
            self.budget.left -= found.period * len(known)
        return found


def last_spatial(graph: Graph, fields: Mapping[int, Field]) -> Field | None:
    """Return the field of the last spatial value that the (first) output depends on.

    This is the network's receptive field by convention: a global pool in its head does not erase
    it.
    """
    needed = {graph.outputs[0]}
    for node in reversed(graph.nodes):
        if node.id in needed:
            field = fields.get(node.id)
            if field and None not in field.axes:
                return field
            needed.update(node.inputs)
    return None


@record
class Misaligned:
    """A merge whose branches look at different places, along one axis (0 height, 1 width).

    `strides` and `centres` are those of the branches that a position bounds, by their number. With
    equal strides each unit sees its branches side by side; with different ones they drift apart.
    """

    node: int
    axis: int
    strides: Mapping[int, Number]
    centres: Mapping[int, Number]


def misaligned(graph: Graph, fields: Mapping[int, Field]) -> Iterator[Misaligned]:
    """Yield the merges whose branches differ in stride or centre.

    Where a merge has one position, different strides do not matter.
    """
    for node in graph.nodes:
        if len(node.inputs) < 2 or len(node.shape) == 1 or node.id not in fields:
            continue
        bound = _bound(graph, node, fields)
        for axis in range(len(node.shape) - 1):
            strides = {i: axes[axis].stride for i, axes in bound.items()}
            centres = {i: axes[axis].centre for i, axes in bound.items()}
            drifting = node.shape[1 + axis] > 1 and len(set(strides.values())) > 1
            if drifting or len(set(centres.values())) > 1:
                yield Misaligned(node.id, axis, strides, centres)


def _bound(graph: Graph, node: Node, fields: Mapping[int, Field]) -> dict[int, tuple[Axis, ...]]:
    """The fields of a merge's branches that bound its positions, by their number.

    Gates do not bound them, and neither does another input.
    """
    found = {}
    for branch, number in enumerate(node.inputs):
        field = fields.get(number)
        same = field and field.source == fields[node.id].source
        if field and same and graph.nodes[number].shape[1:] == node.shape[1:]:
            known = tuple(axis for axis in field.axes if axis)
            if len(known) == len(node.shape) - 1:
                found[branch] = known
    return found
