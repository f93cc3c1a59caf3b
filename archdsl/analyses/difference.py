"""The difference of two networks: layers, shapes, wiring and the keys of their weights.

Layers are compared by path, the prefix of their `state_dict` keys: a renamed layer counts as one
removed and one added. Linear in the graphs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from archdsl.ir import Graph, Node
from archdsl.ops import Shape, size

Keys = Mapping[str, Shape]
FILLED = ".num_batches_tracked"  # PyTorch's norms fill it in where a state has none


@dataclass(frozen=True)
class ComparedLayer:
    """The compared facts of a layer: op as written, output shape, and the layers it reads."""

    op: str
    out: str
    reads: tuple[str, ...]


@dataclass(frozen=True)
class LayerChange:
    """A layer before and after, by its path; None where it does not exist."""

    path: str
    before: ComparedLayer | None
    after: ComparedLayer | None


@dataclass(frozen=True)
class WeightDifference:
    """The outcome of loading the old network's weights with `load_state_dict(strict=True)`.

    `missing` are keys that only the new network has, `unexpected` keys that only the old one has,
    `reshaped` shared keys with two shapes; `fitting` counts the keys that load.
    """

    missing: Keys
    unexpected: Keys
    reshaped: Mapping[str, tuple[Shape, Shape]]
    fitting: int

    @property
    def load(self) -> bool:
        """Whether all old weights load."""
        return not (self.missing or self.unexpected or self.reshaped)


@dataclass(frozen=True)
class Difference:
    """All differences: inputs and results by name, layers in the order of the text."""

    ends: tuple[LayerChange, ...]
    layers: tuple[LayerChange, ...]
    weights: WeightDifference

    def __bool__(self) -> bool:
        return bool(self.ends or self.layers) or not self.weights.load


def difference(before: Graph, after: Graph) -> Difference:
    """Compare two networks."""
    return Difference(
        tuple(_changes(_ends(before), _ends(after))),
        tuple(_changes(_layers(before), _layers(after))),
        weight_difference(keys(before), keys(after)),
    )


def keys(graph: Graph) -> Keys:
    """Return the shape of every tensor in a network's `state_dict`, buffers included, by key."""
    return {
        f"{node.path}.{weight.name}": weight.shape
        for node in graph.nodes
        for weight in node.op.weights(graph.operands(node))
    }


def weight_difference(old: Keys, new: Keys) -> WeightDifference:
    """Return the outcome of loading tensors of some shapes into a network, both by key."""
    shared = [key for key in new if key in old]
    reshaped = {key: (old[key], new[key]) for key in shared if old[key] != new[key]}
    return WeightDifference(
        {k: shape for k, shape in new.items() if k not in old and not k.endswith(FILLED)},
        {k: shape for k, shape in old.items() if k not in new},
        reshaped,
        len(shared) - len(reshaped),
    )


def _layers(graph: Graph) -> dict[str, ComparedLayer]:
    paths = [node.path for node in graph.nodes]
    return {
        paths[node.id]: ComparedLayer(
            node.op.title, size(node.shape), tuple(paths[number] for number in node.inputs)
        )
        for node in graph.nodes
        if node.inputs
    }


def _ends(graph: Graph) -> dict[str, ComparedLayer]:
    """Return inputs, results and training-only results, each as a layer of its own."""
    found = {f"input {node.name}": _end("input", node) for node in _nodes(graph, graph.inputs)}
    names = graph.output_names or [str(n or "") for n in range(len(graph.outputs))]
    for name, node in zip(names, _nodes(graph, graph.outputs), strict=True):
        found[f"output {name}".strip()] = _end("output", node)
    for number, aux in enumerate(graph.auxiliaries):
        found[f"aux {number}"] = _end(f"aux(weight={aux.weight:g})", graph.nodes[aux.node])
    return found


def _nodes(graph: Graph, numbers: list[int]) -> Iterator[Node]:
    return (graph.nodes[number] for number in numbers)


def _end(word: str, node: Node) -> ComparedLayer:
    return ComparedLayer(word, size(node.shape), (node.path,) if node.inputs else ())


def _changes(
    before: Mapping[str, ComparedLayer], after: Mapping[str, ComparedLayer]
) -> Iterator[LayerChange]:
    """Yield the changes in the order of `after`, then the removed layers."""
    for path, layer in after.items():
        if before.get(path) != layer:
            yield LayerChange(path, before.get(path), layer)
    for path, layer in before.items():
        if path not in after:
            yield LayerChange(path, layer, None)
