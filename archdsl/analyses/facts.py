"""Facts for `expect` lines: `params`, `macs`, `depth`, `conv1.out`, `conv1.rf`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from archdsl.analyses.axis import Number
from archdsl.analyses.cost import costs, depth, total
from archdsl.analyses.receptive_field import NOWHERE, Axes, Field, last_spatial, receptive_fields
from archdsl.diagnostics import Rejected, expectation_errors
from archdsl.ir import Graph, Node, Scope
from archdsl.ops.values import Size

FIELD = {"rf": "size", "rf_stride": "stride", "rf_padding": "padding"}
KNOWN = ("out", "params", "macs", "depth", *FIELD)


def facts(graph: Graph) -> Callable[[str, str], Any]:
    """Return a function from a path and a fact's name to its value.

    The function raises `Rejected` for an unknown path or fact.
    """
    by_node = cache(lambda: costs(graph))  # only where a line asks
    fields = cache(lambda: receptive_fields(graph))

    def fact(path: str, name: str) -> Any:
        place = graph.at(path)
        if place is None:
            known = [item.name or "" for item in graph.root.members()]
            raise Rejected(expectation_errors.unknown_fact(path, known))
        if name == "out":
            return Size(_end(graph, place).shape)
        if name in ("params", "macs"):
            return getattr(total(graph, by_node(), place), name)
        if name == "depth":
            if path:
                raise Rejected(expectation_errors.depth_of_a_part(path))
            return depth(graph)
        if name in FIELD:
            field = _field(graph, fields(), place)
            return _extent([getattr(axis, FIELD[name], None) for axis in field], path)
        raise Rejected(expectation_errors.unknown_fact(name, KNOWN))

    return fact


def _field(graph: Graph, fields: Mapping[int, Field], place: Node | Scope) -> Axes:
    """Return the field of a part's last value; of a network, that of its last spatial value."""
    whole = place is graph.root
    field = last_spatial(graph, fields) if whole else fields.get(_end(graph, place).id)
    return field.axes if field else NOWHERE


def _extent(numbers: Sequence[Number | None], path: str) -> Any:
    """Return a number for each axis as the language writes them: one for all, or `7x1`.

    A list where a number is negative or fractional. Raises `Rejected` unless all are known.
    """
    plain = [n if isinstance(n, int) else float(n) for n in numbers if n is not None]
    if len(plain) < len(numbers):
        raise Rejected(expectation_errors.no_field(path))
    if len(set(plain)) == 1:
        return plain[0]
    sizes = [n for n in plain if isinstance(n, int) and n >= 0]
    return Size(sizes) if len(sizes) == len(plain) else plain


def _end(graph: Graph, place: Node | Scope) -> Node:
    if place is graph.root:
        return graph.nodes[graph.outputs[0]]
    if isinstance(place, Node):
        return place
    end = graph.output_of(place)
    assert end is not None, f"{place.path} is a level without nodes"
    return end
