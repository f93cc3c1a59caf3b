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
    while source.op.views:
        if not _read_once(graph, source):
            return False
        source = graph.nodes[source.inputs[0]]
    return (
        _read_once(graph, source)
        and not source.op.keeps_output
        and bool(source.inputs)  # a network does not overwrite what it is given
        and source.scope.home() is node.scope.home()
    )


def _read_once(graph: Graph, node: Node) -> bool:
    return graph.dag.out_degree(node.id) == 1 and node.id not in graph.outputs
