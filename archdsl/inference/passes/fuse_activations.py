"""Activations in the layers and norms that feed them."""

from __future__ import annotations

from dataclasses import replace

from archdsl.inference.fused import FusedConv, FusedLinear, FusedNorm, fusable
from archdsl.ir import Graph, Node, Rewrite
from archdsl.ops.activation import Activation
from archdsl.ops.base import Op
from archdsl.ops.norm import BatchNorm


def fuse_activations(graph: Graph) -> Graph:
    """Let a layer, or a norm that could not be folded, apply the activation that follows it.

    before:  conv1 ─> relu               after:  conv1 with activation=relu
    before:  bn1 ─> relu                 after:  bn1: fused_norm(bn1, activation=relu)
    """
    edits = Rewrite(graph)
    for node in graph.nodes:
        user = graph.only_user(node)
        activation = user.op if user is not None and fusable(user.op) else None
        fused = _fused(node, activation)
        if fused is None:
            continue
        edits.change(node, fused)
        if user is not None and activation is not None:
            edits.skip(user, node.id)
    return edits.result()


def _fused(node: Node, activation: Activation | None) -> Op | None:
    """The op with an activation; None for one that takes none, or that would stay as it is."""
    if isinstance(node.op, BatchNorm) and len(node.shape) == 3:
        return FusedNorm.of(node.op, node.path, activation)
    if not isinstance(node.op, FusedConv | FusedLinear) or node.op.activation is not None:
        return None
    return None if activation is None else replace(node.op, activation=activation)
