"""Find layers that see no more of the input than earlier ones, and fitting input sizes.

Source: Richter, Schöning, Wiedenroth and Krumnack 2021, "Should you go deeper?" (arXiv:2106.12307),
and their code. i is the input's extent along an axis, and r_min the receptive field along the path
that grows it least.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil, floor
from operator import lt
from typing import NamedTuple

from archdsl.analyses.axis import Axis, Number
from archdsl.analyses.receptive_field import Field
from archdsl.ir import Graph, Node
from archdsl.ops.input_windows import along_axes

Extent = tuple[int, ...]  # height and width of the input, or the lengths of its other axes
Sliding = tuple[Axis, Axis, int]  # along one axis: the field before, the field after, the kernel


def productive_from(graph: Graph, fields: Mapping[int, Field]) -> Mapping[int, Extent]:
    """Return the input height or width from which each convolution is productive.

    A convolution is unproductive, a border layer, where along both axes r_min > i while the value
    it reads has r_min >= i already; or where the image has shrunk to floor(i / S) <= k positions,
    on which the window acts as a fully connected layer.
    """
    found = {}
    for node, axes in _convolutions(graph, fields):
        found[node.id] = tuple(_productive_from(*axis) for axis in axes)
    return found


def _productive_from(before: Axis, after: Axis, kernel: int) -> int:
    sees_more = min(after.smallest, floor(before.smallest) + 1)
    return max(ceil(sees_more), ceil((kernel + 1) * before.stride))


def border_layers(productive: Mapping[int, Extent], extent: Extent) -> list[int]:
    """Return the numbers of the convolutions that an input of this extent leaves unproductive."""
    return [number for number, least in productive.items() if all(map(lt, extent, least))]


class Feasible(NamedTuple):
    """The square inputs that a network can use.

    From `least` on every convolution is productive; beyond `most` no unit sees the whole input.
    """

    least: Number
    most: Number


def feasible_extent(graph: Graph, fields: Mapping[int, Field]) -> Feasible | None:
    """Return the inputs that fit a network; None for one without convolutions of an image.

    least = max over convolutions of r_min and k * S, most = max of the receptive field.
    """
    least, most = [], []
    for _, axes in _convolutions(graph, fields):
        least += [max(after.smallest, kernel * after.stride) for _, after, kernel in axes]
    for field in fields.values():
        most += [axis.size for axis in field.axes if axis]
    return Feasible(max(least), max(most)) if least else None


def _convolutions(
    graph: Graph, fields: Mapping[int, Field]
) -> Iterator[tuple[Node, tuple[Sliding, ...]]]:
    """Yield the layers with weights that slide over an image, with their windows of each axis."""
    for node in graph.nodes:
        if node.op.weighted and node.id in fields:
            before, after = fields[node.inputs[0]].axes, fields[node.id].axes
            if all(before) and all(after):
                windows = node.op.windows(graph.nodes[node.inputs[0]].shape, node.shape)
                known = zip(before, after, along_axes(windows, len(before)), strict=True)
                yield (
                    node,
                    tuple((a, b, max(map(len, window.reads))) for a, b, window in known if a and b),
                )
