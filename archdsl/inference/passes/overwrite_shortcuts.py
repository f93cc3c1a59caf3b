"""Accumulation into shortcuts: a sum overwrites the shortcut that it adds."""

from __future__ import annotations

from dataclasses import replace

from archdsl.inference.fused import FusedConv
from archdsl.ir import Graph, Node, Rewrite
from archdsl.ops.shape import Input


def overwrite_shortcuts(graph: Graph) -> Graph:
    """Let a convolution accumulate into the value it adds, where nothing reads that later.

    before:  conv2(·, x)          after:  conv2(·, x) with reuses=true: x becomes the result

    One value less is alive, and its memory is in the cache already.
    """
    edits = Rewrite(graph)
    for node in graph.nodes:
        if isinstance(node.op, FusedConv) and len(node.inputs) == 2 and not node.op.reuses:
            other = graph.nodes[node.inputs[1]]
            if _ends_here(graph, other, node):
                edits.change(node, replace(node.op, reuses=True))
    return edits.result()


def _ends_here(graph: Graph, value: Node, last: Node) -> bool:
    """Whether a node is the last to read a value that is nobody else's memory."""
    if isinstance(value.op, Input) or value.op.views or graph.is_output(value):
        return False
    users = graph.users(value)
    later = [user for user in users if user.id > last.id or user.op.views]
    return not later and sum(user is last for user in users) == 1
