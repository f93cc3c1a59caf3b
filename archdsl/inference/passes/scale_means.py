"""Means of branches as sums: the divisor goes into the branches' weights."""

from __future__ import annotations

from dataclasses import replace

from archdsl.inference.fused import FusedConv
from archdsl.inference.recipes import Scaled
from archdsl.ir import Graph, Node, Rewrite
from archdsl.ops.activation import ReLU
from archdsl.ops.join import Join
from archdsl.ops.learned import Scale
from archdsl.ops.merge import Add


def scale_means(graph: Graph) -> Graph:
    """Turn FractalNet's join into a sum; convolutions divide their weights beforehand.

    before:  conv1 (relu) ─┐                after:  conv1 with scaled(conv1, 2) (relu) ─┐
             conv2 (relu) ─┴ join                   conv2 with scaled(conv2, 2) (relu) ─┴ add
    before:  tanh ─┐                        after:  tanh ─┐
             conv2 ─┴ join                          conv2 ─┴ add ─> scale(0.5)

    Exact up to rounding: relu(x / n) = relu(x) / n.
    """
    edits = Rewrite(graph)
    for node in graph.nodes:
        if isinstance(node.op, Join):
            branches = [graph.nodes[number] for number in node.inputs]
            if all(_scales(graph, branch) for branch in branches):
                _scale(edits, node, branches)
            else:
                total = edits.add(Add(), node.inputs, node, node.scope, "add")
                edits.change(node, Scale(1 / len(branches)), (total,))
    return edits.result()


def _scales(graph: Graph, node: Node) -> bool:
    if not isinstance(node.op, FusedConv) or len(node.inputs) > 1:
        return False
    homogeneous = node.op.activation is None or isinstance(node.op.activation, ReLU)
    return homogeneous and graph.only_user(node) is not None


def _scale(edits: Rewrite, join: Node, branches: list[Node]) -> None:
    for branch in branches:
        assert isinstance(branch.op, FusedConv)
        recipe = Scaled(branch.op.recipe, len(branches))
        edits.change(branch, replace(branch.op, recipe=recipe))
    edits.change(join, Add())
