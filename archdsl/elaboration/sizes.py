"""Networks whose layers take sizes from the images: they are for images of that size only.

Such a network asks for `in.height` or `in.width`, or a `resize` brings a value to the size that an
earlier one has: the number in the code is right for the images that it was compiled for.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from archdsl.ir import Graph
from archdsl.ops.resize import Resize
from archdsl.ops.shape import Input


def fix_sizes(graph: Graph, asked: Collection[int]) -> None:
    """Mark the inputs of such a network; `asked` are the values whose size it asked for."""
    if not asked and not _restores(graph):
        return
    for number in graph.inputs:
        node = graph.nodes[number]
        if isinstance(node.op, Input) and len(node.shape) > 1:
            node.op = replace(node.op, fixed=True)


def _restores(graph: Graph) -> bool:
    """Whether a resize brings a value to another size, which an earlier value has."""
    seen: set[tuple[int, ...]] = set()
    for node in graph.nodes:
        size = node.shape[1:]
        if isinstance(node.op, Resize):
            (source,) = node.inputs
            if graph.nodes[source].shape[1:] != size and size in seen:
                return True
        seen.add(size)
    return False
