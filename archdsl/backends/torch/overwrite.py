"""Which values may be overwritten in place: the storage that eager PyTorch would otherwise add."""

from __future__ import annotations

from archdsl.ir import Graph, Node


def may_overwrite(graph: Graph, node: Node) -> bool:
    """Whether a node may write its result over its first operand.

    It may when nothing else reads that value or anything that shares its storage, when backward
    does not need it, and when it was made in the same module: the answer is then the same for
    every instance of a block.
    """
    source = graph.nodes[node.inputs[0]]
    below = beneath(graph, source)
    while below is not None:
        if not _read_once(graph, source):
            return False
        source, below = below, beneath(graph, below)
    return (
        _read_once(graph, source)
        and not source.op.keeps_output
        and bool(source.inputs)  # a network does not overwrite what it is given
        and source.scope.home() is node.scope.home()
    )


def beneath(graph: Graph, node: Node) -> Node | None:
    """The node whose storage the result may share; None where it has its own."""
    if node.op.views:
        return graph.nodes[node.inputs[0]]
    skipped = skipped_operand(graph, node)
    return None if skipped is None else graph.nodes[node.inputs[1 - skipped]]


def skipped_operand(graph: Graph, node: Node) -> int | None:
    """Which operand of a sum of two training may leave out, with all that leads only to it.

    The sum is then the other operand. None where there is none, or it is made in another module.
    """
    if not node.op.sums or len(node.inputs) != 2:
        return None
    for position in (1, 0):
        operand = graph.nodes[node.inputs[position]]
        if operand.op.skips and _read_once(graph, operand):
            return position if operand.scope.home() is node.scope.home() else None
    return None


def _read_once(graph: Graph, node: Node) -> bool:
    return graph.dag.out_degree(node.id) == 1 and node.id not in graph.outputs
