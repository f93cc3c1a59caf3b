"""The memory that autograd keeps of a forward pass in training, op by op. Linear in the graph.

Each op states what its backward reads, following PyTorch's `derivatives.yaml`; each storage is
counted once, for the first op that needs it. Weights and buffers of the network are not counted,
nor values that depend on no weight.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from archdsl.analyses.sharing import overwritable, storages
from archdsl.ir import Graph, Node
from archdsl.ops.base import volume


class SavedBytes(NamedTuple):
    """Bytes per image, and bytes for the batch as a whole."""

    image: int = 0
    batch: int = 0

    def of(self, images: int) -> int:
        """Return the bytes for a batch."""
        return self.image * images + self.batch


def saved_for_backward(graph: Graph, width: int) -> Mapping[int, SavedBytes]:
    """Return, by node number, what is kept for its backward, for values of `width` bytes."""
    overwrites = overwritable(graph)
    place = storages(graph, overwrites, training=True)
    learning = _learning(graph)
    counted: set[int] = set()
    found = {}
    for node in graph.nodes:
        if node.id not in learning:
            found[node.id] = SavedBytes()
            continue
        kept = node.op.saved(graph.operands(node), node.shape, node.id in overwrites)
        values = {place[node.inputs[position]] for position in kept.operands}
        values |= {place[node.id]} if kept.output else set()
        image = sum(volume(graph.nodes[root].shape) for root in values - counted) * width
        counted |= values
        extra = kept.extra.elements * (kept.extra.width or width)
        found[node.id] = (
            SavedBytes(image + extra, 0) if kept.extra.batched else SavedBytes(image, extra)
        )
    return found


def _learning(graph: Graph) -> set[int]:
    """Return the nodes whose value depends on a learned weight."""
    found: set[int] = set()
    for node in graph.nodes:
        if _learns(graph, node) or not found.isdisjoint(node.inputs):
            found.add(node.id)
    return found


def _learns(graph: Graph, node: Node) -> bool:
    return any(weight.learned for weight in node.op.weights(graph.operands(node)))
