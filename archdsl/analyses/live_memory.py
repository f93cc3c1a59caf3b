"""Peak memory of activations in evaluation, for one image, in several orders.

The orders are that of the text, the best one, and that of the generated code. Ops that only
training runs are left out. A value is alive from the op that makes it to its last reader, an input
from the start, an output to the end. Values share storage where ops view or overwrite their input.
"""

from __future__ import annotations

from dataclasses import dataclass

from archdsl.analyses.schedule import Least, Program, Task, best, peak
from archdsl.analyses.sharing import concatenated_in_place, overwritable, storages
from archdsl.ir import Graph, Node, Scope
from archdsl.ops.base import volume


@dataclass(frozen=True)
class LiveMemory:
    """Peaks in bytes: `order` in the order of the text, `best` in the best order.

    `joined` is the best where branches are written straight into the value that concatenates them,
    `generated` the peak while PyTorch runs the generated code.
    """

    order: int
    best: Least
    joined: Least
    generated: int

    def times(self, images: int) -> LiveMemory:
        """Return the peaks for a batch: all activations grow with it."""
        best, joined = (
            Least(least.peak * images, least.proven) for least in (self.best, self.joined)
        )
        return LiveMemory(self.order * images, best, joined, self.generated * images)


def live_memory(graph: Graph, width: int) -> LiveMemory:
    """Return the peaks for one image and values of `width` bytes."""
    place = storages(graph, overwritable(graph), training=False)
    program = _program(graph, place, width)
    found = joined = best(program)
    if (inside := concatenated_in_place(graph, place)) != place:
        joined = min(best(_program(graph, inside, width)), found, key=lambda least: least.peak)
    return LiveMemory(peak(program), found, joined, _generated(graph, place, program))


def _program(graph: Graph, place: list[int], width: int) -> Program:
    """Return the evaluated ops as tasks."""
    evaluated = graph.evaluated()
    nodes = [node for node in graph.nodes if node.inputs and node.id in evaluated]
    number = {node.id: position for position, node in enumerate(nodes)}
    return Program(
        [
            Task(
                tuple(number[source] for source in node.inputs if source in number),
                tuple({place[node.id], *(place[source] for source in node.inputs)}),
                _scratch(graph, node, width),
            )
            for node in nodes
        ],
        [volume(node.shape) * width for node in graph.nodes],
        frozenset(graph.inputs),
        frozenset(place[output] for output in graph.outputs),
    )


def _scratch(graph: Graph, node: Node, width: int) -> int:
    buffer = node.op.scratch(graph.operands(node), node.shape)
    return buffer.elements * (buffer.width or width)


# ------------------------------------------------------------------ the generated code


def _generated(graph: Graph, place: list[int], program: Program) -> int:
    """Return the peak when a module keeps its arguments until it returns, as Python's calls do."""
    evaluated = graph.evaluated()
    ends = _releases(graph, place, evaluated)
    tasks = iter(program.tasks)
    live = most = sum(program.sizes[number] for number in graph.inputs)
    for node in graph.nodes:
        if node.inputs and node.id in evaluated:
            live += program.sizes[node.id] if place[node.id] == node.id else 0
            most = max(most, live + next(tasks).scratch)
        live -= sum(program.sizes[root] for root in ends.get(node.id, ()))
    return most


def _releases(graph: Graph, place: list[int], evaluated: set[int]) -> dict[int, list[int]]:
    """Return the storages that are released after each node."""
    begins, ends = _extents(graph)
    until: dict[int, int] = {}
    for node in graph.nodes:
        if node.id not in evaluated:
            continue
        for source in node.inputs:
            root = place[source]
            last = _returns(node, source, begins, ends)
            until[root] = max(until.get(root, 0), last)
    for output in (*graph.outputs, *graph.inputs):
        until.pop(place[output], None)
    found: dict[int, list[int]] = {}
    for root, last in until.items():
        found.setdefault(last, []).append(root)
    return found


def _returns(node: Node, source: int, begins: dict[Scope, int], ends: dict[Scope, int]) -> int:
    """Return the last node of the outermost module call that holds a value for a reader."""
    home = node.scope.home()
    last = node.id
    while home.parent is not None and begins[home] > source:
        last = ends[home]
        home = home.parent.home()
    return last


def _extents(graph: Graph) -> tuple[dict[Scope, int], dict[Scope, int]]:
    """Return the first and the last node of each module."""
    begins: dict[Scope, int] = {}
    ends: dict[Scope, int] = {}
    for extent, nodes in ((begins, graph.nodes), (ends, reversed(graph.nodes))):
        for node in nodes:
            home = node.scope.home()
            while home not in extent:
                extent[home] = node.id
                home = home.parent.home() if home.parent is not None else home
    return begins, ends
