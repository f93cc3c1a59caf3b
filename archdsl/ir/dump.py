"""A graph as text, one line a node: for `--dump graph` and for tests."""

from __future__ import annotations

from archdsl.ir.graph import Graph
from archdsl.ops import size


def dump(graph: Graph) -> str:
    """`%2 = conv(kernel=7x7, …)(%1) : 64x112x112  # conv1  file:line:column`."""
    lines = [f"network {graph.name} {{"]
    for node in graph.nodes:
        word = node.op.title if node.inputs else node.op.word
        reads = ", ".join(f"%{number}" for number in node.inputs)
        place = node.span.begins
        calls = " < ".join(frame.name for frame in node.chain)
        lines.append(
            f"  %{node.id} = {word}({reads}) : {size(node.shape)}"
            f"  # {node.path}  {place.line}:{place.column}  {calls}"
        )
    names = graph.output_names or [""] * len(graph.outputs)
    for name, number in zip(names, graph.outputs, strict=True):
        lines.append(f"  output {name + ' = ' if name else ''}%{number}")
    return "\n".join([*lines, "}"]) + "\n"
