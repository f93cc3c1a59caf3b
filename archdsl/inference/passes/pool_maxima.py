"""Max pools that an engine computes without the positions that only training needs."""

from __future__ import annotations

from archdsl.analyses.non_negative import non_negative
from archdsl.inference.fused import EngineMaxPool
from archdsl.ir import Graph, Rewrite
from archdsl.ops.pool import MaxPool
from archdsl.ops.values import Symbol


def pool_maxima(graph: Graph) -> Graph:
    """Let the engine choose how it takes the maxima of windows.

    before:  relu ─> maxpool(3x3, /2)    after:  relu ─> max_pool(3x3, /2, non_negative)

    PyTorch's pool also finds where each maximum was, as 64-bit numbers. Where no value is below
    zero, the engine compares those of half precision as integers.
    """
    edits = Rewrite(graph)
    positive = non_negative(graph.nodes)
    for node in graph.nodes:
        if type(node.op) is MaxPool and not isinstance(node.op.kernel, Symbol):
            edits.change(node, EngineMaxPool.of(node.op, positive[node.inputs[0]]))
    return edits.result()
