"""Residual sums in the convolutions that feed them."""

from __future__ import annotations

from dataclasses import replace

from archdsl.inference.fused import FusedConv, fusable
from archdsl.ir import Graph, Node, Rewrite
from archdsl.ops.merge import Add


def fuse_sums(graph: Graph) -> Graph:
    """Let a convolution add the shortcut to its result, and apply the activation of the sum.

    before:  x ─> conv1 ─> conv2 ─┐                      after:  x ─> conv1 ─> conv2(·, x)
             └────────────────────┴ add ─> relu                  with activation=relu

    The convolution keeps its name. It stays in its place if the shortcut is known there, else
    where the sum stood.
    """
    edits = Rewrite(graph)
    for node in graph.nodes:
        if isinstance(node.op, Add) and len(node.inputs) == 2:
            _fuse(graph, edits, node)
    return edits.result()


def _fuse(graph: Graph, edits: Rewrite, add: Node) -> None:
    user = graph.only_user(add)
    activation = user.op if user is not None and fusable(user.op) else None
    last = add if user is None or activation is None else user
    operands = [graph.nodes[number] for number in add.inputs]
    for conv, other in zip(operands, reversed(operands), strict=True):
        if not isinstance(conv.op, FusedConv) or not _free(graph, conv):
            continue
        here = other.id < conv.id
        if not here and conv.scope.home() is not last.scope.home():
            continue
        op = replace(conv.op, activation=activation)
        reads = (*conv.inputs, other.id)
        if here:
            edits.change(conv, op, reads)
            edits.skip(last, conv.id)
        else:
            edits.change(last, op, reads, name=conv.name)
            edits.remove(conv)
        if last is not add:
            edits.remove(add)
        return


def _free(graph: Graph, conv: Node) -> bool:
    """Whether a convolution does nothing else yet, for nobody else."""
    assert isinstance(conv.op, FusedConv)
    alone = conv.op.activation is None and len(conv.inputs) == 1
    return alone and graph.only_user(conv) is not None
