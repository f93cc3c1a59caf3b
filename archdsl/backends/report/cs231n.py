"""The table of activations and weights in the style of Stanford's CS231n (lecture 9, 2017).

It has a line for the input and for every op that makes new values; activations belong to the layer
before them, and weights are counted without biases. In a network that is no chain the lines are in
the order of the text, and merges have lines of their own.
"""

from __future__ import annotations

from archdsl.ir import Graph, Node
from archdsl.ops.base import Shape, Weight, volume

NAMES = {"input": "INPUT", "pool": "POOL", "norm": "NORM", "linear": "FC"}
WORDS = {"conv", "merge"}  # kinds that are called as the language calls them
FLOAT = 4
EXACT = 10_000  # smaller numbers are not rounded


def table(graph: Graph) -> str:
    """Return the table of a network, with the memory of one image in fp32."""
    evaluated = graph.evaluated()
    nodes = [node for node in graph.nodes if node.id in evaluated and _shown(graph, node)]
    rows = [
        (
            f"{_name(graph, node)}:",
            f"[{_size(node.shape, 'x')}]",
            _memory(node),
            _params(graph, node),
        )
        for node in nodes
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    values = sum(volume(node.shape) for node in nodes)
    weights = sum(volume(w.shape) for node in nodes for w in _weights(graph, node))
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    megabytes = values * FLOAT / 1_000_000
    return "\n".join(
        [
            graph.name,
            *lines,
            f"TOTAL memory: {values:,} values * {FLOAT} bytes = {megabytes:,.2f} MB / image"
            " (forward)",
            f"TOTAL params: {weights:,} (biases not counted)",
        ]
    )


def _shown(graph: Graph, node: Node) -> bool:
    known = node.op.kind in NAMES or node.op.kind in WORDS
    return known and not node.op.idle(graph.operands(node))


def _name(graph: Graph, node: Node) -> str:
    """Return `CONV3-64`: the kind, the window and the channels."""
    name = NAMES.get(node.op.kind, node.op.word.upper())
    for weight in _weights(graph, node):
        if len(weight.shape) == 4:
            *_, height, width = weight.shape
            window = str(height) if height == width else f"{height}x{width}"
            return f"{name}{window}-{node.shape[0]}"
    return name


def _size(shape: Shape, sign: str) -> str:
    """Return height, width and channels, in this order; a flat value has one position."""
    channels, height, width = shape if len(shape) == 3 else (shape[0], 1, 1)
    return sign.join(map(str, (height, width, channels)))


def _memory(node: Node) -> str:
    if len(node.shape) == 1:
        return f"memory: {node.shape[0]}"
    return f"memory: {_size(node.shape, '*')}={_short(volume(node.shape))}"


def _short(count: int) -> str:
    """Round to two digits, as the lecture does: `3.2M`, `800K`."""
    if count < EXACT:
        return str(count)
    rounded = float(f"{count:.2g}")
    return f"{rounded / 1e6:g}M" if rounded >= 1e6 else f"{rounded / 1e3:g}K"


def _params(graph: Graph, node: Node) -> str:
    weights = _weights(graph, node)
    if not weights:
        return "params: 0"
    written = " + ".join(_product(graph, node, weight) for weight in weights)
    count = f"{sum(volume(weight.shape) for weight in weights):,}"
    return f"params: {count}" if written == count else f"params: {written} = {count}"


def _product(graph: Graph, node: Node, weight: Weight) -> str:
    if len(weight.shape) == 4:
        outer, inner, height, width = weight.shape
        return f"({height}*{width}*{inner})*{outer}"
    if len(weight.shape) == 2:
        return f"{_size(_unflattened(graph, node), '*').removeprefix('1*1*')}*{weight.shape[0]}"
    return "*".join(map(str, weight.shape))


def _unflattened(graph: Graph, node: Node) -> Shape:
    """Return the shape of the image that was flattened into a layer's input, or the input's."""
    flat = source = graph.nodes[node.inputs[0]]
    while source.op.views and source.inputs and len(source.shape) == 1:
        source = graph.nodes[source.inputs[0]]
    return source.shape if volume(source.shape) == volume(flat.shape) else flat.shape


def _weights(graph: Graph, node: Node) -> list[Weight]:
    """Return the learned weights except biases."""
    weights = node.op.weights(graph.operands(node))
    return [weight for weight in weights if weight.learned and weight.name != "bias"]
