"""`archdsl compile --explain-passes`: what each inference pass changes in a network."""

from __future__ import annotations

from archdsl.inference.effects import Size, effects, size_of
from archdsl.ir import Graph


def explain(graph: Graph) -> None:
    """Print the size of the network, then each pass with what it saved."""
    print(f"{graph.name}: {_shown(size_of(graph))}")
    for effect in effects(graph):
        saved = "nothing to do" if effect.saved is None else f"saves {_shown(effect.saved)}"
        print(f"  {effect.name}: {effect.purpose}\n    {saved}")


def _shown(size: Size) -> str:
    macs, moved = size.macs / 1e6, size.moved / 1e6
    return f"{size.nodes} nodes, {macs:,.1f} M multiply-adds, {moved:,.1f} MB moved"
