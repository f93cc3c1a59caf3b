"""`archdsl compile --explain-passes`: what each inference pass changes in a network."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from archdsl.inference.effects import Size, effects, size_of
from archdsl.ir import Graph


def as_text(graphs: Iterable[Graph]) -> str:
    """Return the size of each network, then each pass with what it saved."""
    return "\n".join(map(_text, graphs))


def as_json(graphs: Iterable[Graph]) -> str:
    """Return a list with one object per network."""
    from json import dumps

    return dumps([_data(graph) for graph in graphs], indent=2)


def _text(graph: Graph) -> str:
    lines = [f"{graph.name}: {_shown(size_of(graph))}"]
    for effect in effects(graph):
        saved = "nothing to do" if effect.saved is None else f"saves {_shown(effect.saved)}"
        lines.append(f"  {effect.name}: {effect.purpose}\n    {saved}")
    return "\n".join(lines)


def _data(graph: Graph) -> dict[str, Any]:
    return {
        "network": graph.name,
        **asdict(size_of(graph)),
        "passes": [
            {
                "name": effect.name,
                "purpose": effect.purpose,
                "saved": None if effect.saved is None else asdict(effect.saved),
            }
            for effect in effects(graph)
        ],
    }


def _shown(size: Size) -> str:
    macs, moved = size.macs / 1e6, size.moved / 1e6
    return f"{size.nodes} nodes, {macs:,.1f} M multiply-adds, {moved:,.1f} MB moved"
