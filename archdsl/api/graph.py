"""The networkx graph that users get: plain values, and paths for nodes."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from archdsl.analyses.cost import costs
from archdsl.analyses.receptive_field import Field, receptive_fields
from archdsl.diagnostics import Span
from archdsl.ir import Graph

if TYPE_CHECKING:
    import networkx as nx


def as_networkx(graph: Graph) -> nx.MultiDiGraph[str]:
    """Return a new networkx graph of a network; see `Network.graph`."""
    import networkx as nx

    by_node, fields = costs(graph), receptive_fields(graph)
    found: nx.MultiDiGraph[str] = nx.MultiDiGraph(
        name=graph.name,
        inputs=[graph.nodes[number].path for number in graph.inputs],
        outputs=[graph.nodes[number].path for number in graph.outputs],
    )
    for node in graph.nodes:
        cost, field = by_node[node.id], fields.get(node.id)
        found.add_node(
            node.path,
            op=node.op.word,
            label=node.label or "",
            shape=node.shape,
            params=cost.params,
            macs=cost.macs,
            rf=extent(field, "size"),
            stride=extent(field, "stride"),
            source=_place(node.span),
        )
    for node in graph.nodes:
        for position, operand in enumerate(node.inputs):
            found.add_edge(graph.nodes[operand].path, node.path, key=position)
    return found


def extent(field: Field | None, name: str) -> Any:
    """Return a number of a receptive field: one for both axes if equal, else (height, width).

    None where an axis has no bounded field. Fractional strides are `fractions.Fraction`.
    """
    numbers = [getattr(axis, name) if axis else None for axis in field.axes] if field else [None]
    if None in numbers:
        return None
    return numbers[0] if len(set(numbers)) == 1 else tuple(numbers)


def _place(span: Span) -> str:
    begins = span.begins
    return f"{PurePath(span.source.name).name}:{begins.line}:{begins.column}"
