"""Layers that take their weights by recipe, which the passes after this one rewrite."""

from __future__ import annotations

from archdsl.inference.fused import FusedConv, FusedLinear, Located
from archdsl.ir import Graph, Rewrite
from archdsl.ops.conv import Conv
from archdsl.ops.linear import Linear


def lower(graph: Graph) -> Graph:
    """Make convolutions and fully connected layers fusable; what they compute stays.

    before:  conv1: conv(3x3, 64)        after:  conv1: fused_conv(3x3, 64, recipe=taken(conv1))
    """
    edits = Rewrite(graph)
    for node in graph.nodes:
        if isinstance(node.op, Located):
            continue
        if isinstance(node.op, Conv):
            edits.change(node, FusedConv.of(node.op, node.path))
        elif isinstance(node.op, Linear):
            edits.change(node, FusedLinear.of(node.op, node.path))
    return edits.result()
