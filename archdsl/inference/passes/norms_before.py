"""Batch norm in the weights of the layers after it, also with a ReLU between them."""

from __future__ import annotations

from dataclasses import replace

from archdsl.inference.fused import FusedConv, FusedLinear, Threshold
from archdsl.inference.passes.pool_first import mean_of_pixels
from archdsl.inference.recipes import After
from archdsl.ir import Graph, Node, Rewrite
from archdsl.ops.activation import ReLU
from archdsl.ops.norm import BatchNorm
from archdsl.ops.shape import Flatten


def norms_before(graph: Graph) -> Graph:
    """Move the scale and shift of a norm into the layers that read it; of a ReLU a bound stays.

    before:  bn ─> conv(1x1, 128)            after:  conv with after(bn, conv)
    before:  bn ─> relu ─> conv(1x1, 128)    after:  threshold(bn) ─> conv with after(bn, conv)

    Average pools and a flattened single pixel may stand between. Exact where no window sees
    padding, which the norm would not have shifted. `Threshold` has the algebra.
    """
    edits = Rewrite(graph)
    for node in graph.nodes:
        if isinstance(node.op, BatchNorm):
            _move(graph, edits, node, node.op)
    return edits.result()


def _move(graph: Graph, edits: Rewrite, node: Node, norm: BatchNorm) -> None:
    relu = graph.only_user(node)
    if relu is not None and isinstance(relu.op, ReLU):
        last = relu
    else:
        relu, last = None, node
    layers = _layers_after(graph, last)
    if not layers:
        return
    for layer in layers:
        assert isinstance(layer.op, FusedConv | FusedLinear)
        recipe = After(node.path, layer.op.recipe, norm.eps, relu is not None)
        edits.change(layer, replace(layer.op, bias=True, recipe=recipe))
    if relu is None:
        edits.skip(node, node.inputs[0])
    else:
        edits.change(node, Threshold(node.path, norm.eps))
        edits.skip(relu, node.id)


def _layers_after(graph: Graph, node: Node) -> list[Node]:
    """The layers that take a value in, through means of pixels; none where anything else does."""
    found: list[Node] = []
    reached = [node]
    while reached:
        last = reached.pop()
        if graph.is_output(last):
            return []
        for user in graph.users(last):
            if _absorbs(user):
                found.append(user)
            elif mean_of_pixels(user.op) or (isinstance(user.op, Flatten) and _pixel(last)):
                reached.append(user)
            else:
                return []
    return found


def _absorbs(node: Node) -> bool:
    """Whether a layer can take an affine map of its input's channels into its weights."""
    if isinstance(node.op, FusedConv):
        return not node.op.sees_padding and node.op.groups == 1 and len(node.inputs) == 1
    return isinstance(node.op, FusedLinear)


def _pixel(node: Node) -> bool:
    return node.shape[1:] in ((), (1, 1))
