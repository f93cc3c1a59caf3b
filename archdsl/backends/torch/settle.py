"""The modules of an inference engine: what passes have left of a network's scopes, in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from archdsl.ir import Graph, Node, Rewrite, Scope
from archdsl.ops.fused import Channels, Located
from archdsl.reserved import ENGINE_ATTRIBUTES


@dataclass(frozen=True)
class Settled:
    """A graph whose recipes are seen from their modules, and the modules that were renamed.

    `places` has the path of each such module and the one that it has in the trained network.
    """

    graph: Graph
    places: Mapping[str, str]


def settled(graph: Graph, title: str) -> Settled:
    """A copy in which every chain counts from 0 and no module holds but one fused layer.

    Nor is any named as something that every engine has.
    """
    made = Rewrite(graph).copy()
    made.name = made.root.title = title
    scopes = [scope for scope in _inside_out(made.root) if scope.name or scope.parent is None]
    items: list[Scope | Node] = [*scopes, *made.nodes]
    trained = {id(item): item.path for item in items}
    asking = {id(scope) for scope in scopes} | _with_tensors(made)  # for what is at their place
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
    return Settled(made, {item.path: trained[id(item)] for item in reversed(moved)})


def _with_tensors(graph: Graph) -> set[int]:
    """Layers that passes left as they were, which load what they have by its own names."""
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
    """The only member of a scope, where that is a fused layer or a slice of one."""
    members = scope.members()
    if len(members) != 1 or not isinstance(members[0], Node):
        return None
    return members[0] if isinstance(members[0].op, Located | Channels) else None


def _renamed(scope: Scope) -> list[Scope | Node]:
    """Closes the gaps in a chain's numbers, and leaves engines their names; what was renamed."""
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
    """The name, or one like it where an engine has that itself."""
    if name in ENGINE_ATTRIBUTES:
        while name in ENGINE_ATTRIBUTES or name in taken:
            name += "_"
    return name
