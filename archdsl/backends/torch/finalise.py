"""Finalise a rewritten graph: name and number the modules of an engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from archdsl.inference.fused import Channels, Located
from archdsl.ir import Graph, Node, Rewrite, Scope
from archdsl.reserved import ENGINE_ATTRIBUTES


@dataclass(frozen=True)
class Finalised:
    """A graph whose recipes have paths relative to their modules; and the renamed modules.

    `places` maps the path of each renamed module to its path in the trained network.
    """

    graph: Graph
    places: Mapping[str, str]


def finalised(graph: Graph, title: str) -> Finalised:
    """Return a copy with chains numbered from 0 and modules of one fused layer dissolved.

    Modules named like an attribute of engines are renamed.
    """
    made = Rewrite(graph).copy()
    made.name = made.root.title = title
    scopes = [scope for scope in _inside_out(made.root) if scope.name or scope.parent is None]
    items: list[Scope | Node] = [*scopes, *made.nodes]
    trained = {id(item): item.path for item in items}
    asking = {id(scope) for scope in scopes} | _with_tensors(made)  # have weights at their place
    for scope in scopes:
        node = _only_layer(scope)
        if node is not None and scope.parent is not None:
            scope.parent.items[scope.parent.items.index(scope)] = node
            node.scope, node.name, node.label = scope.parent, scope.name or "", scope.label
            trained[id(node)] = trained[id(scope)]
            asking.add(id(node))
            scope.items.clear()
    moved = [item for scope in scopes for item in _renamed(scope) if id(item) in asking]
    for node in made.nodes:
        if isinstance(node.op, Located):
            node.op = node.op.seen_from(trained[id(node)])
    return Finalised(made, {item.path: trained[id(item)] for item in reversed(moved)})


def _with_tensors(graph: Graph) -> set[int]:
    """Return the layers that passes left as they were, which load weights by their names."""
    return {
        id(node)
        for node in graph.nodes
        if not isinstance(node.op, Located) and node.op.weights(graph.operands(node))
    }


def _inside_out(root: Scope) -> Iterator[Scope]:
    for item in root.items:
        if isinstance(item, Scope):
            yield from _inside_out(item)
    yield root


def _only_layer(scope: Scope) -> Node | None:
    """Return the only member of a scope, if that is a fused layer or a slice of one."""
    members = scope.members()
    if len(members) != 1 or not isinstance(members[0], Node):
        return None
    return members[0] if isinstance(members[0].op, Located | Channels) else None


def _renamed(scope: Scope) -> list[Scope | Node]:
    """Close gaps in a chain's numbers, avoid engines' attributes; return what was renamed."""
    members = scope.members()
    names = [item.name or "" for item in members]
    if all(map(str.isdigit, names)):
        new = list(map(str, range(len(members))))
    else:
        new = [_free(name, names) for name in names]
    moved = []
    for item, old, name in zip(members, names, new, strict=True):
        if name != old:
            item.name = name
            moved.append(item)
    return moved


def _free(name: str, taken: list[str]) -> str:
    """Return the name, with underscores appended where engines have such an attribute."""
    if name in ENGINE_ATTRIBUTES:
        while name in ENGINE_ATTRIBUTES or name in taken:
            name += "_"
    return name
