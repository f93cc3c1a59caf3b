"""Max pools that an engine computes without the positions that only training needs."""

from __future__ import annotations

from archdsl.ir import Graph, Rewrite
from archdsl.ops.fused import EngineMaxPool
from archdsl.ops.pool import MaxPool
from archdsl.ops.values import Symbol


def pool_maxima(graph: Graph) -> Graph:
    """Lets the engine choose how it takes the maxima of windows.

    before:  maxpool(3x3, /2)            after:  max_pool(3x3, /2): rows first, then columns

    PyTorch's pool also finds where each maximum was, as 64-bit numbers.
    """
    edits = Rewrite(graph)
    for node in graph.nodes:
        if type(node.op) is MaxPool and not isinstance(node.op.kernel, Symbol):
            edits.change(node, EngineMaxPool.of(node.op))
    return edits.result()
