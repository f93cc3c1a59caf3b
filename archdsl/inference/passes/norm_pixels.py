"""Local response normalisation as an engine computes it."""

from __future__ import annotations

from archdsl.inference.fused import EngineResponseNorm
from archdsl.ir import Graph, Rewrite
from archdsl.ops.norm import LocalResponseNorm


def norm_pixels(graph: Graph) -> Graph:
    """Let the engine normalise pixel by pixel, whose channels lie side by side.

    before:  lrn(5)                      after:  local_response_norm(5)

    PyTorch takes it for a pool of three dimensions, which a CPU does not have in bfloat16.
    """
    edits = Rewrite(graph)
    for node in graph.nodes:
        if type(node.op) is LocalResponseNorm:
            edits.change(node, EngineResponseNorm.of(node.op))
    return edits.result()
