"""Leaves out what an inference engine never runs."""

from __future__ import annotations

from archdsl.ir import Graph, Rewrite
from archdsl.ops.shape import Input


def drop_idle(graph: Graph) -> Graph:
    """Drops auxiliary heads, and the ops that hand their input on in evaluation.

    before:  x -> conv -> dropout -> linear          after:  x -> conv -> linear
                    └──> aux1: conv -> linear
    """
    needed = graph.evaluated()
    edits = Rewrite(graph)
    for node in graph.nodes:
        if node.op.transparent:
            edits.skip(node, node.inputs[0])
        elif node.id not in needed and not isinstance(node.op, Input):
            edits.remove(node)
    return edits.result()
