"""Values of one or three axes, which some targets do not take."""

from __future__ import annotations

from archdsl.ir import Graph
from archdsl.ops import size
from archdsl.ops.base import IMAGE


def not_of_images(graph: Graph) -> str | None:
    """Why a network is not one of images, in words; None where it is one."""
    for node in graph.nodes:
        if len(node.shape) not in (1, IMAGE):
            return f"`{graph.name}` has a value of {size(node.shape)}"
    return None
