"""DOT texts for Graphviz, and the templates of this backend."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from archdsl.backends.diagram import theme
from archdsl.backends.diagram.picture_model import OUT, Key

if TYPE_CHECKING:  # a template is the last thing that a command needs
    from jinja2 import Template

INCH = 72.0
CHAIN, HEAVY, LIGHT = 60, 8, 1  # how straight an edge shall be


@dataclass(frozen=True, slots=True)
class _Node:
    name: str
    width: str
    height: str


@dataclass(frozen=True, slots=True)
class _Edge:
    source: str
    target: str
    weight: int


@dataclass(frozen=True, slots=True)
class _View:
    beside: str
    gap: str
    splines: str
    entries: tuple[str, ...]
    nodes: tuple[_Node, ...]
    edges: tuple[_Edge, ...]
    rows: tuple[tuple[str, str], ...]


@cache
def template(name: str, escape: bool = False) -> Template:
    """Return a template of this backend."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = FileSystemLoader(Path(__file__).parent / "templates")
    environment = Environment(
        loader=folder,
        autoescape=escape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(name)


def body_text(
    rooms: Sequence[tuple[float, float]],
    keys: Sequence[Key],
    edges: Iterable[tuple[Key, Key, str]],
    rows: Iterable[tuple[Key, Key]] = (),
    beside: float = theme.BESIDE,
) -> str:
    """Return a body as DOT: parts as boxes of their size, entries above, the exit below.

    `rows` are pairs to place side by side, `beside` is the distance between them.
    """
    nodes = [_Node(f"n{i}", _inch(w), _inch(h)) for i, (w, h) in enumerate(rooms)]
    nodes += [_Node(str(key), _inch(8), _inch(1)) for key in keys]
    found = _weighted(edges)
    simple = all(edge.weight == CHAIN for edge in found)
    view = _View(
        _inch(beside),
        _inch(theme.GAP),
        "line" if simple else "true",
        tuple(str(key) for key in keys if key != OUT),
        tuple(nodes),
        tuple(found),
        tuple((node_name(a), node_name(b)) for a, b in rows),
    )
    return template("body.dot.j2").render(view=view)


def _weighted(edges: Iterable[tuple[Key, Key, str]]) -> list[_Edge]:
    """Return edges with weights: chains are straight, marked edges stand aside."""
    ordered = sorted(edges, key=lambda edge: bool(edge[2]))
    leaves = Counter(a for a, _, mark in ordered if mark != "aux")
    enters = Counter(b for _, b, _ in ordered)
    found = []
    for a, b, mark in ordered:
        weight = CHAIN if leaves[a] == enters[b] == 1 else LIGHT if mark else HEAVY
        found.append(_Edge(node_name(a), node_name(b), LIGHT if mark == "aux" else weight))
    return found


def node_name(key: Key) -> str:
    """Return the name of a part or port in DOT."""
    return f"n{key}" if isinstance(key, int) else key


def _inch(pixels: float) -> str:
    return f"{pixels / INCH:.4f}"
