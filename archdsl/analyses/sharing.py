"""Find which values share memory, and which may be overwritten. Linear in the graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container

from archdsl.ir import Graph, Node


def read_once(graph: Graph) -> set[int]:
    """Return the nodes with one reader that reads them once, without results."""
    uses = Counter(source for node in graph.nodes for source in node.inputs)
    return {number for number, count in uses.items() if count == 1} - set(graph.outputs)


def overwritable(graph: Graph) -> set[int]:
    """Return the nodes that may write their result over their first operand.

    A node may if nothing else reads that value or anything that shares its storage, if backward
    does not need it, and if it was made in the same module: the answer is then the same for every
    instance of a block. A network does not overwrite its inputs.
    """
    once = read_once(graph)
    base = bases(graph)
    alone: list[bool] = []  # whether it, and what it shares storage with, is read once
    found = set()
    for node in graph.nodes:
        below = _beneath(graph, node, once)
        alone.append(node.id in once and (below is None or alone[below]))
        if node.inputs and alone[node.inputs[0]]:
            source = graph.nodes[base[node.inputs[0]]]
            here = source.scope.home() is node.scope.home()
            if source.inputs and here and not source.op.keeps_output:
                found.add(node.id)
    return found


def bases(graph: Graph) -> list[int]:
    """Return for each node the one whose storage it may share; itself where it has its own."""
    once = read_once(graph)
    found: list[int] = []
    for node in graph.nodes:
        below = _beneath(graph, node, once)
        found.append(node.id if below is None else found[below])
    return found


def hands_on(node: Node) -> bool:
    """Whether the result is the operand itself: an identity, or a sum or product of one."""
    return node.op.passes or (node.op.folds and len(node.inputs) == 1)


def _beneath(graph: Graph, node: Node, once: Container[int]) -> int | None:
    """Return the node whose storage the result may share; None where it has its own."""
    if node.inputs and (node.op.views or hands_on(node)):
        return node.inputs[0]
    skipped = skipped_operand(graph, node, once)
    return None if skipped is None else node.inputs[1 - skipped]


def skipped_operand(graph: Graph, node: Node, once: Container[int]) -> int | None:
    """Return which operand of a sum of two training may leave out, with all that leads to it.

    The sum is then the other operand. None where there is none, or it is made in another module.
    `once` are the nodes that are read once.
    """
    if not node.op.sums or len(node.inputs) != 2:
        return None
    for position in (1, 0):
        operand = graph.nodes[node.inputs[position]]
        if operand.op.skips and operand.id in once:
            return position if operand.scope.home() is node.scope.home() else None
    return None


def storages(graph: Graph, overwrites: Container[int], training: bool) -> list[int]:
    """Return for each node the one in whose memory its value lies.

    That is itself, or the node that it views or overwrites.

    `overwrites` are the nodes that may overwrite. As in the generated code, for values that PyTorch
    keeps contiguous. A sum with a skipped operand makes a new value when the operand is not
    skipped.
    """
    once = read_once(graph)
    found: list[int] = []
    for node in graph.nodes:
        writes = node.id in overwrites and node.op.overwrites(graph.operands(node))
        if writes and skipped_operand(graph, node, once) is not None:
            writes = False
        shares = bool(node.inputs) and (writes or node.op.shares(training) or hands_on(node))
        found.append(found[node.inputs[0]] if shares else node.id)
    return found


def concatenated_in_place(graph: Graph, place: list[int]) -> list[int]:
    """Return `place` with values moved into the memory of the result that concatenates them.

    A value moves into one result only, and only whole. If a result is overwritten, nothing but the
    concatenation may read its parts.
    """
    reads = Counter(place[output] for output in graph.outputs)
    for node in graph.nodes:
        reads.update(place[n] for n in node.inputs if place[n] != place[node.id])
    overwritten = {
        place[node.id]
        for node in graph.nodes
        if node.inputs and place[node.id] == place[node.inputs[0]] and not node.op.shares(False)
    }
    moved = dict.fromkeys(graph.inputs, -1)
    for node in reversed(graph.nodes):
        target = node.id
        for source in node.inputs if node.op.runs == "gather" else ():
            root = place[source]
            whole = graph.nodes[root].shape == graph.nodes[source].shape
            alone = reads[root] == 1
            if root not in moved and whole and (alone or target not in overwritten):
                moved[root] = moved.get(target, target)
                if target in overwritten:
                    overwritten.add(root)
    return [root if moved.get(root, -1) < 0 else moved[root] for root in place]
