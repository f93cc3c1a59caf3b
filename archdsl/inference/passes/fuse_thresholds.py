"""Thresholds in the 1x1 convolutions that alone read them."""

from __future__ import annotations

from dataclasses import replace

from archdsl.inference.fused import FusedConv, Threshold
from archdsl.ir import Graph, Rewrite


def fuse_thresholds(graph: Graph) -> Graph:
    """Let a 1x1 convolution apply the bound that a norm and a ReLU before it have left.

    before:  bn: threshold(bn) ─> conv(1x1, 128)        after:  conv with threshold=bn

    On a GPU a kernel bounds what it reads, and the bounded value is never written. On a CPU the
    layer does one after the other.
    """
    edits = Rewrite(graph)
    for node in graph.nodes:
        if not isinstance(node.op, FusedConv) or not node.op.pointwise:
            continue
        source = graph.nodes[node.inputs[0]]
        if isinstance(source.op, Threshold) and graph.only_user(source) is node:
            edits.change(node, replace(node.op, threshold=source.op))
            edits.skip(source, source.inputs[0])
    return edits.result()
