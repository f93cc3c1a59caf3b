"""Joins that feed only a join dissolve into it: one mean over all branches.

    join(a, join(b, c))  ->  join(a, b, c)

Source: Larsson et al. 2016, figure 1: the joins of nested fractals are drawn as one.
"""

from __future__ import annotations

from archdsl.ir import Graph, Node
from archdsl.ops.join import Join


def dissolve_joins(graph: Graph) -> None:
    """Rewrites a graph that has no names yet."""
    if not any(isinstance(node.op, Join) for node in graph.nodes):
        return
    uses = graph.uses()
    dissolved: set[int] = set()
    for node in graph.nodes:
        if isinstance(node.op, Join):
            reads: list[int] = []
            for number in node.inputs:
                source = graph.nodes[number]
                if source.op == node.op and uses[number] == 1 and not _labelled(source):
                    reads += source.inputs
                    dissolved.add(number)
                else:
                    reads.append(number)
            node.inputs = tuple(reads)
    graph.remove(dissolved)


def _labelled(node: Node) -> bool:
    return node.scope.kind == "group"  # a label on a merge is a group around it
