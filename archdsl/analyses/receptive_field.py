"""Receptive fields: which part of an input a unit of each value depends on. Linear in the graph.

Source: Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks",
Distill 2019 (doi:10.23915/distill.00021), for hulls over all paths instead of the longest one, and
with exact rationals for fractional strides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from archdsl.analyses.axis import POINT, Axis, Number, joined, through
from archdsl.ir import Graph, Node
from archdsl.ops import Shape
from archdsl.ops.reading import POINTWISE, Windows

Axes = tuple[Axis | None, Axis | None]  # along height and width
NOWHERE: Axes = (None, None)


@dataclass(frozen=True, slots=True)
class Field:
    """What a unit of a value sees of the input node `source`.

    `axes` leave out the paths that no position bounds: global pools, the gate of a
    squeeze-and-excitation, flat values, the statistics of group and instance norms. `whole` says
    that there is such a path: then the unit sees the whole input. An axis is None where there is
    no other path.
    """

    source: int
    axes: Axes
    whole: bool = False


def receptive_fields(graph: Graph, source: int | None = None) -> Mapping[int, Field]:
    """The field of each node, by its number, with respect to the input node `source`.

    Without `source`: with respect to the first of the inputs that the value depends on. A value
    that depends on no input asked for has no entry.
    """
    fields: dict[int, Field] = {}
    for number in graph.inputs if source is None else (source,):
        image = len(graph.nodes[number].shape) == 3
        fields[number] = Field(number, (POINT, POINT) if image else NOWHERE, not image)
    for node in graph.nodes:
        field = _field(graph, node, fields) if node.inputs else None
        if field:
            fields[node.id] = field
    return fields


def _field(graph: Graph, node: Node, fields: Mapping[int, Field]) -> Field | None:
    known = [
        _read(node, graph.nodes[number].shape, fields[number])
        for number in node.inputs
        if number in fields
    ]
    if len(known) < 2:
        return known[0] if known else None
    first = min(known, key=lambda field: field.source)
    if all(field is first for field in known):
        return first
    parts = [field for field in known if field.source == first.source]
    axes = _joined(parts, node.shape)
    return Field(first.source, axes, None in axes or any(field.whole for field in parts))


def _read(node: Node, source: Shape, field: Field) -> Field:
    """The field along one of a node's operands."""
    if len(source) != 3 or len(node.shape) != 3:  # a flat value has no positions
        return field if field.axes is NOWHERE else Field(field.source, NOWHERE, True)
    windows = node.op.windows(source, node.shape)
    if windows is POINTWISE and not node.op.sees_all:
        return field
    axes = _through(field.axes, windows)
    return Field(field.source, axes, None in axes or field.whole or node.op.sees_all)


def _through(axes: Axes, windows: Windows) -> Axes:
    height = axes[0] and through(axes[0], windows[0])
    if axes[0] is axes[1] and windows[0] == windows[1]:  # most are square: one does for both
        return height, height
    return height, axes[1] and through(axes[1], windows[1])


def _joined(parts: Sequence[Field], shape: Shape) -> Axes:
    """Along both axes; a flat value's parts have none."""
    height = _union([part.axes[0] for part in parts], shape[1:2])
    if all(part.axes[0] is part.axes[1] for part in parts) and shape[1:2] == shape[2:]:
        return height, height
    return height, _union([part.axes[1] for part in parts], shape[2:])


def _union(axes: Sequence[Axis | None], extent: Shape) -> Axis | None:
    known = [axis for axis in axes if axis]
    return joined(known, *extent) if known else None


def last_spatial(graph: Graph, fields: Mapping[int, Field]) -> Field | None:
    """The field of the last value with positions that the (first) output depends on: what is said
    to be a network's receptive field. A global pool in its head does not erase it."""
    needed = {graph.outputs[0]}
    for node in reversed(graph.nodes):
        if node.id in needed:
            field = fields.get(node.id)
            if field and None not in field.axes:
                return field
            needed.update(node.inputs)
    return None


@dataclass(frozen=True, slots=True)
class Misaligned:
    """A merge whose branches do not look at the same place, along one axis (0 height, 1 width).

    `strides` and `centres` are those of the branches that a position bounds, by their number. With
    equal strides each unit sees its branches side by side; with different ones they drift apart.
    """

    node: int
    axis: int
    strides: Mapping[int, Number]
    centres: Mapping[int, Number]


def misaligned(graph: Graph, fields: Mapping[int, Field]) -> Iterator[Misaligned]:
    """The merges whose branches differ in stride or centre; one position alone cannot drift."""
    for node in graph.nodes:
        if len(node.inputs) < 2 or len(node.shape) != 3 or node.id not in fields:
            continue
        parts = _parts(graph, node, fields)
        for axis in (0, 1):
            bound = {i: part for i, field in parts.items() if (part := field.axes[axis])}
            strides = {i: part.stride for i, part in bound.items()}
            centres = {i: part.centre for i, part in bound.items()}
            drifting = node.shape[1 + axis] > 1 and len(set(strides.values())) > 1
            if drifting or len(set(centres.values())) > 1:
                yield Misaligned(node.id, axis, strides, centres)


def _parts(graph: Graph, node: Node, fields: Mapping[int, Field]) -> dict[int, Field]:
    """The fields along a merge's operands, by their position, with respect to its one input."""
    source = fields[node.id].source
    return {
        position: _read(node, graph.nodes[number].shape, fields[number])
        for position, number in enumerate(node.inputs)
        if number in fields and fields[number].source == source
    }
