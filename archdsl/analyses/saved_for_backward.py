"""What autograd keeps of a forward pass in training, op by op. Linear in the graph.

The ops say what their backward reads, as PyTorch's `derivatives.yaml` has it; here each storage is
counted once, for the first op that needs it. Weights and buffers of the network are not counted,
and nothing is kept of what depends on no weight.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from archdsl.analyses.sharing import overwritable, storages
from archdsl.ir import Graph, Node
from archdsl.ops.base import volume


class SavedBytes(NamedTuple):
    """Bytes for each image, and for the batch as a whole."""

    image: int = 0
    batch: int = 0

    def of(self, images: int) -> int:
        """Bytes for a batch."""
        return self.image * images + self.batch


def saved_for_backward(graph: Graph, width: int) -> Mapping[int, SavedBytes]:
    """By the number of each node what is kept for its backward, of values of `width` bytes."""
    overwrites = overwritable(graph)
    place = storages(graph, overwrites, training=True)
    learning = _learning(graph)
    counted: set[int] = set()
    found = {}
    for node in graph.nodes:
        if node.id not in learning:
            found[node.id] = SavedBytes()
            continue
        said = node.op.saved(graph.operands(node), node.shape, node.id in overwrites)
        values = {place[node.inputs[position]] for position in said.operands}
        values |= {place[node.id]} if said.output else set()
        image = sum(volume(graph.nodes[root].shape) for root in values - counted) * width
        counted |= values
        extra = said.extra.elements * (said.extra.width or width)
        found[node.id] = (
            SavedBytes(image + extra, 0) if said.extra.batched else SavedBytes(image, extra)
        )
    return found


def _learning(graph: Graph) -> set[int]:
    """The nodes whose value depends on a learned weight."""
    found: set[int] = set()
    for node in graph.nodes:
        if _learns(graph, node) or not found.isdisjoint(node.inputs):
            found.add(node.id)
    return found


def _learns(graph: Graph, node: Node) -> bool:
    return any(weight.learned for weight in node.op.weights(graph.operands(node)))
