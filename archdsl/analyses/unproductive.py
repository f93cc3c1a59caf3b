"""Layers that cannot see more of the input than those before them, and the inputs that fit.

Source: Richter, Schöning, Wiedenroth and Krumnack 2021, "Should you go deeper?"
(arXiv:2106.12307), and their code. With i the input's extent along an axis, and r_min the
receptive field along the path that grows it least.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil, floor
from typing import NamedTuple

from archdsl.analyses.axis import Axis, Number
from archdsl.analyses.receptive_field import Field
from archdsl.ir import Graph, Node

Extent = tuple[int, int]  # height and width of the input
Sliding = tuple[Axis, Axis, int]  # along one axis: the field before, the field after, the kernel


def border_layers(
    graph: Graph, fields: Mapping[int, Field], extent: Extent | None = None
) -> Iterator[Node]:
    """The convolutions that an input of this extent (its own, if not given) leaves unproductive.

    Along both axes: r_min > i while what the layer reads has r_min >= i already; or the image has
    shrunk to floor(i / S) <= k positions, on which the window acts as a fully connected layer.
    """
    for node, *axes in _convolutions(graph, fields):
        shape = extent or graph.nodes[fields[node.id].source].shape[1:]
        if all(i < _productive_from(*axis) for i, axis in zip(shape, axes, strict=True)):
            yield node


def productive_extent(graph: Graph, fields: Mapping[int, Field]) -> int:
    """The smallest square input that leaves no convolution unproductive."""
    found = _convolutions(graph, fields)
    return max((min(_productive_from(*axis) for axis in axes) for _, *axes in found), default=1)


def _productive_from(before: Axis, after: Axis, kernel: int) -> int:
    sees_more = min(after.smallest, floor(before.smallest) + 1)
    return max(ceil(sees_more), ceil((kernel + 1) * before.stride))


class Feasible(NamedTuple):
    """Square inputs that a network makes use of: from `least`, where every convolution is
    productive, to `most`, beyond which no unit sees the whole input."""

    least: Number
    most: Number


def feasible_extent(graph: Graph, fields: Mapping[int, Field]) -> Feasible | None:
    """The inputs that fit a network; None for one without convolutions of an image.

    least = max over convolutions of r_min and k * S, most = max of the receptive field.
    """
    least, most = [], []
    for _, *axes in _convolutions(graph, fields):
        least += [max(after.smallest, kernel * after.stride) for _, after, kernel in axes]
    for field in fields.values():
        most += [axis.size for axis in field.axes if axis]
    return Feasible(max(least), max(most)) if least else None


def _convolutions(
    graph: Graph, fields: Mapping[int, Field]
) -> Iterator[tuple[Node, Sliding, Sliding]]:
    """The layers with weights that slide over an image, along height and along width."""
    for node in graph.nodes:
        if node.op.weighted and node.id in fields:
            (top, left), (bottom, right) = fields[node.inputs[0]].axes, fields[node.id].axes
            if top and left and bottom and right:
                windows = node.op.windows(graph.nodes[node.inputs[0]].shape, node.shape)
                height, width = (max(map(len, window.reads)) for window in windows)
                yield node, (top, bottom, height), (left, right, width)
