"""1x1 convolutions of one input in one: siblings share the reading of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from archdsl.inference.fused import Channels, FusedConv
from archdsl.inference.recipes import Merged
from archdsl.ir import Graph, Node, Rewrite, Scope


def merge_siblings(graph: Graph) -> Graph:
    """Merge 1x1 convolutions of the same input, stride and activation; their readers take slices.

    before:  x ─┬> conv1(1x1, 64)     after:  x ─> siblings(1x1, 160) ─┬> conv1: channels(0, 64)
                └> conv2(1x1, 96)             merged(conv1, conv2)     └> conv2: channels(64, 160)

    The merged convolution is in the nearest scope around them all. Larger windows stay apart:
    beside their arithmetic the reading of the input weighs less than the slices, which are copied.
    """
    edits = Rewrite(graph)
    for nodes in _families(graph):
        scope = _around([node.scope for node in nodes])
        first = _first_in(scope, nodes[0])
        if nodes[0].inputs[0] < first.id:
            _merge(edits, nodes, scope, first)
    return edits.result()


def _families(graph: Graph) -> Iterator[list[Node]]:
    """Two or more convolutions that differ in nothing but their weights."""
    families: dict[object, list[Node]] = {}
    for node in graph.nodes:
        op = node.op
        if not isinstance(op, FusedConv) or op.kernel != (1, 1):
            continue
        if op.groups == 1 and len(node.inputs) == 1:
            alike = (node.inputs, op.stride, op.padding, op.activation)
            families.setdefault(alike, []).append(node)
    return (nodes for nodes in families.values() if len(nodes) > 1)


def _merge(edits: Rewrite, nodes: list[Node], scope: Scope, before: Node) -> None:
    ops = [node.op for node in nodes if isinstance(node.op, FusedConv)]
    merged = replace(
        ops[0],
        channels=sum(op.channels for op in ops),
        bias=any(op.bias for op in ops),
        recipe=Merged(tuple(op.recipe for op in ops)),
    )
    number = edits.add(merged, nodes[0].inputs, before, scope, "siblings")
    start = 0
    for node, op in zip(nodes, ops, strict=True):
        edits.change(node, Channels(start, start + op.channels), (number,))
        start += op.channels


def _around(scopes: list[Scope]) -> Scope:
    """The nearest scope that holds all of some."""
    shared = list(scopes[0].lineage())
    for scope in scopes[1:]:
        around = {id(outer) for outer in scope.lineage()}
        shared = [outer for outer in shared if id(outer) in around]
    return shared[0]


def _first_in(scope: Scope, node: Node) -> Node:
    """The first node of that item of a scope which holds a node."""
    item: Scope | Node = node
    holder = node.scope
    while holder is not scope:
        item, holder = holder, holder.parent or scope
    return item if isinstance(item, Node) else next(item.nodes())
