"""Drop paths are counted once the network is whole: the l-th of L has the rate p·l/L.

Source: Huang et al. 2016, equation 4, the linear decay.
"""

from __future__ import annotations

from dataclasses import replace

from archdsl.ir import Graph
from archdsl.ops.drop_path import DropPath


def count_drop_paths(graph: Graph) -> None:
    """Give every drop path with a ramp its place among all of the network."""
    found = [(node, node.op) for node in graph.nodes if isinstance(node.op, DropPath)]
    for index, (node, op) in enumerate(found, 1):
        if op.ramp == "linear":
            node.op = replace(op, index=index, count=len(found))
