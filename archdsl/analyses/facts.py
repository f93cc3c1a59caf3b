"""Facts that `expect` lines speak of: `params`, `macs`, `depth`, and `conv1.out`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from archdsl.analyses.cost import costs, depth, total
from archdsl.diagnostics import Rejected
from archdsl.diagnostics import facts as say
from archdsl.ir import Graph, Node, Scope
from archdsl.ops.values import Size

KNOWN = ("out", "params", "macs", "depth")


def facts(graph: Graph) -> Callable[[str, str], Any]:
    """A function from a path and a fact's name to its value; `Rejected` for unknown ones."""
    by_node = cache(lambda: costs(graph))  # only where a line asks

    def fact(path: str, name: str) -> Any:
        place = graph.at(path)
        if place is None:
            known = [item.name or "" for item in graph.root.members()]
            raise Rejected(say.unknown_fact(path, known))
        if name == "out":
            return Size(_end(graph, place).shape)
        if name in ("params", "macs"):
            return getattr(total(graph, by_node(), place), name)
        if name == "depth" and not path:
            return depth(graph)
        raise Rejected(say.unknown_fact(name, KNOWN))

    return fact


def _end(graph: Graph, place: Node | Scope) -> Node:
    if place is graph.root:
        return graph.nodes[graph.outputs[0]]
    if isinstance(place, Node):
        return place
    return list(place.nodes())[-1]
