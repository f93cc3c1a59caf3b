"""Batch norm in the weights of the layers before it."""

from __future__ import annotations

from dataclasses import replace

from archdsl.inference.fused import FusedConv, FusedLinear
from archdsl.inference.recipes import Folded
from archdsl.ir import Graph, Node, Rewrite
from archdsl.ops.merge import Concat
from archdsl.ops.norm import BatchNorm


def fold_norms(graph: Graph) -> Graph:
    """Fold a batch norm into the layer that alone feeds it, or into all those of a concat.

    before:  conv ─> bn                  after:  conv with folded(conv, bn)
    before:  conv1 ─┐                    after:  conv1 with folded(conv1, bn) ─┐
             conv2 ─┴ concat ─> bn               conv2 with folded(…, start=64) ─┴ concat

    Exact: at inference batch norm is an affine map of each channel (Ioffe and Szegedy 2015,
    section 3.1), and so is what a layer does to the channels that it makes.
    """
    edits = Rewrite(graph)
    for node in graph.nodes:
        if isinstance(node.op, BatchNorm):
            _fold(graph, edits, node, node.op)
    return edits.result()


def _fold(graph: Graph, edits: Rewrite, node: Node, norm: BatchNorm) -> None:
    source = graph.nodes[node.inputs[0]]
    makers = [source]
    if isinstance(source.op, Concat):
        makers = [graph.nodes[number] for number in source.inputs]
    if not all(
        _feeds_only(graph, maker) for maker in {m.id: m for m in (*makers, source)}.values()
    ):
        return
    start = 0
    for maker in makers:
        if not isinstance(maker.op, FusedConv | FusedLinear) or maker.op.activation is not None:
            return
    for maker in makers:
        assert isinstance(maker.op, FusedConv | FusedLinear)
        recipe = Folded(maker.op.recipe, node.path, norm.eps, start)
        edits.change(maker, replace(maker.op, bias=True, recipe=recipe))
        start += maker.shape[0]
    edits.skip(node, source.id)


def _feeds_only(graph: Graph, node: Node) -> bool:
    return graph.only_user(node) is not None
