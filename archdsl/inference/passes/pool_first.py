"""Average pools before the 1x1 convolutions that they follow."""

from __future__ import annotations

from math import prod

from archdsl.inference.fused import FusedConv
from archdsl.ir import Graph, Node, Rewrite
from archdsl.ops.base import Op
from archdsl.ops.pool import AdaptiveAvgPool, AvgPool


def pool_first(graph: Graph) -> Graph:
    """Let a 1x1 convolution work on the fewer pixels that an average pool leaves.

    before:  conv(1x1, 128) ─> avgpool(2x2)        after:  avgpool(2x2) ─> conv(1x1, 128)

    Exact: both are linear, one along channels, the other along rows and columns; a bias is its
    own mean as long as the windows see no padding.
    """
    edits = Rewrite(graph)
    for node in graph.nodes:
        if isinstance(node.op, FusedConv) and _pointwise(node.op):
            pool = graph.only_user(node)
            if pool is not None and _saves(node, pool):
                edits.change(node, pool.op, name=pool.name)
                edits.change(pool, node.op, name=node.name)
    return edits.result()


def _pointwise(conv: FusedConv) -> bool:
    plain = conv.activation is None and not conv.sees_padding
    return plain and conv.kernel == conv.stride == (1, 1)


def _saves(conv: Node, pool: Node) -> bool:
    """Whether the reader is a pool of means in the same block that leaves fewer pixels."""
    if not mean_of_pixels(pool.op) or len(conv.inputs) != 1:
        return False
    smaller = prod(pool.shape[1:]) < prod(conv.shape[1:])
    return smaller and conv.scope.home() is pool.scope.home()


def mean_of_pixels(op: Op) -> bool:
    """Whether an op takes means of pixels, never of padding: it commutes with affine maps."""
    return isinstance(op, AdaptiveAvgPool) or (isinstance(op, AvgPool) and not any(op.pad))
