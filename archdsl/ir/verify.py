"""The invariants of a graph, checked after each phase in tests."""

from __future__ import annotations

from archdsl.ir.graph import Graph, Scope
from archdsl.ops.shape import Input


class InvalidGraph(AssertionError):  # noqa: N818
    """A graph that no phase may make: a bug of ours."""


def verify(graph: Graph) -> None:
    """Raise `InvalidGraph` unless the graph is well formed."""
    import networkx as nx

    _check(nx.is_directed_acyclic_graph(graph.dag), "the graph has a cycle")
    _check(len(graph.dag) == len(graph.nodes), "networkx and the node list differ")
    _check_nodes(graph)
    _check_scopes(graph)
    _check(bool(graph.outputs), "no output")
    for number in (*graph.inputs, *graph.outputs):
        _check(0 <= number < len(graph.nodes), f"no node {number}")
    _check(len(graph.output_names) in (0, len(graph.outputs)), "outputs without names")


def _check_nodes(graph: Graph) -> None:
    paths: set[str] = set()
    for number, node in enumerate(graph.nodes):
        place = f"node {number} ({node.op.word})"
        _check(node.id == number, f"{place} has another number")
        _check(graph.dag.nodes[number]["node"] is node, f"{place} is not in networkx")
        _check(all(source < number for source in node.inputs), f"{place} reads a later node")
        edges = sorted((key, source) for source, _, key in graph.dag.in_edges(number, keys=True))
        _check([source for _, source in edges] == list(node.inputs), f"{place}: edges differ")
        if isinstance(node.op, Input):
            _check(number in graph.inputs and not node.inputs, f"{place} is not an input")
        else:
            _check(node.op.infer(graph.operands(node)) == node.shape, f"{place}: shape differs")
        _check(min(node.shape, default=1) >= 1, f"{place} has an empty shape")
        _check(bool(node.name), f"{place} has no name")
        _check(node.path not in paths, f"two nodes are called {node.path}")
        paths.add(node.path)
        _check(node.scope.lineage().__next__() is node.scope, f"{place} has no scope")


def _check_scopes(graph: Graph) -> None:
    held = list(graph.root.nodes())
    _check([node.id for node in held] == list(range(len(graph.nodes))), "scopes lose nodes")
    stack = [graph.root]
    while stack:
        scope = stack.pop()
        for item in scope.items:
            if isinstance(item, Scope):
                _check(item.parent is scope, f"scope {item.title} has another parent")
                stack.append(item)
            else:
                _check(item.scope is scope, f"node {item.id} has another scope")


def _check(condition: bool, message: str) -> None:
    if not condition:
        raise InvalidGraph(message)
