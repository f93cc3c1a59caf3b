"""Dissolve merges that feed only a merge of their kind.

    join(a, join(b, c))      ->  join(a, b, c)
    concat(a, concat(b, c))  ->  concat(a, b, c)

Joins do so across blocks, since nested means would weigh branches unequally; concatenations where
both are at one level of names, so that a block's result is one value.

Source: Larsson et al. 2016, figure 1: the joins of nested fractals are drawn as one; Szegedy et al.
2016, arXiv:1602.07261, figure 6: so are the concatenations of nested branches.
"""

from __future__ import annotations

from archdsl.elaboration.references import home_of
from archdsl.ir import Graph, Node


def dissolve_nested_merges(graph: Graph) -> None:
    """Rewrite a graph that has no names yet, in time linear in its operands."""
    if not any(node.op.dissolves for node in graph.nodes):
        return
    uses = graph.uses()
    dissolved: set[int] = set()
    for node in graph.nodes:
        if node.op.dissolves:
            reads: list[int] = []
            for number in node.inputs:
                source = graph.nodes[number]
                if source.op == node.op and uses[number] == 1 and _can_dissolve(source, node):
                    reads += source.inputs
                    dissolved.add(number)
                else:
                    reads.append(number)
            node.inputs = tuple(reads)
    graph.remove(dissolved)


def _can_dissolve(source: Node, target: Node) -> bool:
    if source.scope.kind == "group":  # a label on a merge is a group around it
        return False
    return source.op.dissolves == "anywhere" or home_of(source.scope) is home_of(target.scope)
