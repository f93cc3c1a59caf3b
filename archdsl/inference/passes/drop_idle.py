"""Evaluation in place of training: no auxiliary heads, no dropout, no random paths."""

from __future__ import annotations

from dataclasses import replace

from archdsl.ir import Graph, Node, Rewrite
from archdsl.ops.drop_path import DropPath
from archdsl.ops.join import Join
from archdsl.ops.learned import Scale
from archdsl.ops.shape import Input


def drop_idle(graph: Graph) -> Graph:
    """Drop auxiliary heads, the ops that return their input in evaluation, and all random choices.

    before:  x -> conv -> dropout -> linear          after:  x -> conv -> linear
                    └──> aux1: conv -> linear
    before:  conv -> drop_path(0.2)                  after:  conv -> scale(0.8)
    """
    needed = graph.evaluated()
    edits = Rewrite(graph)
    for node in graph.nodes:
        if node.id not in needed and not isinstance(node.op, Input):
            edits.remove(node)
        elif node.op.transparent:
            edits.skip(node, node.inputs[0])
        elif isinstance(node.op, DropPath):
            _keep_path(edits, node, node.op)
        elif isinstance(node.op, Join) and node.op.drop:
            edits.change(node, replace(node.op, drop=0.0))
    return edits.result()


def _keep_path(edits: Rewrite, node: Node, drop: DropPath) -> None:
    """Keep of a random path the factor by which evaluation multiplies it."""
    factor = drop.kept_share
    if factor == 1:
        edits.skip(node, node.inputs[0])
    else:
        edits.change(node, Scale(factor))
