"""The sentence that describes a picture to readers who do not see it."""

from __future__ import annotations

from archdsl.analyses.cost import costs, depth, total
from archdsl.backends.diagram.card_numbers import brief
from archdsl.backends.diagram.picture_model import PicturePart, leaves
from archdsl.ir import Graph
from archdsl.ops import size


def describe(graph: Graph, root: PicturePart, level: str) -> str:
    """Return the sentence: input and output, depth, cost, and what is drawn."""
    assert root.body is not None
    reads = " and ".join(size(graph.nodes[number].shape) for number in graph.inputs)
    gives = " and ".join(size(graph.nodes[number].shape) for number in graph.outputs)
    cost = total(graph, costs(graph))
    parts = root.body.parts
    names = [part.name or part.title for part in parts if part.kind in ("block", "repeat")]
    through = f" through {_listed(names)}" if names else ""
    return (
        f"{graph.name} turns {reads} into {gives}{through}; {depth(graph)} weighted layers,"
        f" {cost.params:,} parameters, {brief(cost.macs)} multiply-adds."
        f" Drawn at level {level} with {len(leaves(parts))} cards."
    )


def _listed(names: list[str], most: int = 8) -> str:
    shown = names if len(names) <= most else [*names[: most - 1], f"{len(names) - most + 1} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
