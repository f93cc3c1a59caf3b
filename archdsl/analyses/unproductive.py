"""Layers that cannot see more of the input than those before them, and the inputs that fit.

Source: Richter, Schöning, Wiedenroth and Krumnack 2021, "Should you go deeper?"
(arXiv:2106.12307), and their code. With i the input's extent along an axis, and r_min the
receptive field along the path that grows it least.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from archdsl.analyses.axis import Axis, Number
from archdsl.analyses.receptive_field import Field
from archdsl.ir import Graph, Node

Extent = tuple[int, int]  # height and width of the input


def border_layers(
    graph: Graph, fields: Mapping[int, Field], extent: Extent | None = None
) -> Iterator[Node]:
    """The convolutions that an input of this extent (its own, if not given) leaves unproductive.

    Along both axes: r_min > i while what the layer reads has r_min >= i already; or the image has
    shrunk to floor(i / S) <= k positions, on which the window acts as a fully connected layer.
    """
    for node, before, after in _convolutions(graph, fields):
        shape = extent or graph.nodes[fields[node.id].source].shape[1:]
        kernels = _kernels(graph, node)
        if all(map(_is_border, before, after, kernels, shape)):
            yield node


def _is_border(before: Axis, after: Axis, kernel: int, extent: int) -> bool:
    sees_no_more = after.smallest > extent and before.smallest >= extent
    return sees_no_more or extent // before.stride <= kernel


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
    for node, _, after in _convolutions(graph, fields):
        kernels = _kernels(graph, node)
        least += [max(a.smallest, k * a.stride) for a, k in zip(after, kernels, strict=True)]
    for field in fields.values():
        most += [axis.size for axis in field.axes if axis]
    return Feasible(max(least), max(most)) if least else None


def _convolutions(
    graph: Graph, fields: Mapping[int, Field]
) -> Iterator[tuple[Node, tuple[Axis, Axis], tuple[Axis, Axis]]]:
    """The layers with weights that slide over an image, each with the fields before and after."""
    for node in graph.nodes:
        if node.op.weighted and node.id in fields:
            before, after = fields[node.inputs[0]].axes, fields[node.id].axes
            if before[0] and before[1] and after[0] and after[1]:
                yield node, (before[0], before[1]), (after[0], after[1])


def _kernels(graph: Graph, node: Node) -> tuple[int, ...]:
    windows = node.op.windows(graph.nodes[node.inputs[0]].shape, node.shape)
    return tuple(max(map(len, window.reads)) for window in windows)
