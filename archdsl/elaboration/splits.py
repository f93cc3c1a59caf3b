"""Cancel a split of a concat: use the concatenated values directly.

    concat(a, b) -> split { | f | g }   ->   f(a), g(b)

So towers go on beside each other, and `concat { | identity | identity }` lets each see all of the
value before it.
"""

from __future__ import annotations

from archdsl.elaboration.references import home_of
from archdsl.ir import Graph, Node
from archdsl.ops.merge import Concat
from archdsl.ops.shape import Identity


def what_was_put_there(graph: Graph, value: Node, start: int, stop: int) -> Node | None:
    """The operand of a concat that is its channels from `start` up to `stop`."""
    value = _behind(graph, value)
    if not isinstance(value.op, Concat):
        return None
    offset = 0
    for number in value.inputs:
        operand = graph.nodes[number]
        if offset == start and offset + operand.shape[0] == stop:
            return _behind(graph, operand)
        offset += operand.shape[0]
    return None


def _behind(graph: Graph, node: Node) -> Node:
    while isinstance(node.op, Identity):
        node = graph.nodes[node.inputs[0]]
    return node


def drop_passed(graph: Graph, passed: list[Node]) -> None:
    """Remove the concats that splits have looked through, where nothing else reads them."""
    if not passed:
        return
    uses = graph.uses()
    dropped: set[int] = set()
    stack = list(passed)
    while stack:
        node = stack.pop()
        unread = uses[node.id] == 0 and node.id not in dropped and node.label is None
        if unread and isinstance(node.op, (Concat, Identity)) and not _alone(node, dropped):
            dropped.add(node.id)
            for number in node.inputs:
                uses[number] -= 1
                stack.append(graph.nodes[number])
    graph.remove(dropped)


def _alone(node: Node, dropped: set[int]) -> bool:
    """Whether a label or a block would be left with nothing."""
    home = home_of(node.scope)
    others = (other.id for other in home.nodes() if other is not node)
    return home.parent is not None and all(number in dropped for number in others)
