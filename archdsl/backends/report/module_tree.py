"""The module tree of a network with its costs, equal neighbours merged into one."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby

from archdsl.analyses.cost import Cost
from archdsl.ir import Graph, Node, Scope
from archdsl.ops import Shape

TO = " … "


@dataclass(frozen=True)
class ModuleTree:
    """An op, or a part of the network with its content; `times` equal ones in a row.

    `cost` is that of one of them. `end` is the number of the last op, -1 without any. `sort` is
    equal for equal structure and numbers.
    """

    name: str
    path: str
    op: str
    out: Shape
    cost: Cost
    sort: int
    end: int
    children: tuple[ModuleTree, ...] = ()
    times: int = 1


def module_tree(graph: Graph, by_node: Mapping[int, Cost]) -> tuple[ModuleTree, ...]:
    """Return the content of a network with its costs, without inputs. Linear in the graph."""
    return _TreeBuilder(by_node).within(graph.root)


@dataclass
class _TreeBuilder:
    costs: Mapping[int, Cost]
    sorts: dict[Hashable, int] = field(default_factory=dict)

    def within(self, scope: Scope) -> tuple[ModuleTree, ...]:
        return _gathered(self._items(scope))

    def _items(self, scope: Scope) -> list[ModuleTree]:
        """Return the content of a scope at its own level."""
        found: list[ModuleTree] = []
        for item in scope.items:
            if isinstance(item, Node):
                if item.inputs:
                    found.append(self._leaf(item))
            elif item.name is not None:
                found.append(self._scope(item))
            elif item.items and all(_iterates(inner) for inner in item.items):
                found += self._iterations(item)
            else:
                found += self._items(item)
        return found

    def _leaf(self, node: Node) -> ModuleTree:
        cost = self.costs[node.id]
        sort = self._sort(node.op.brief, node.shape, cost)
        return ModuleTree(node.name, node.path, node.op.brief, node.shape, cost, sort, node.id)

    def _scope(self, scope: Scope) -> ModuleTree:
        children = self.within(scope)
        op = scope.title if scope.kind == "block" else scope.kind
        return self._parent(scope.name or "", scope.path, op, children)

    def _parent(
        self, name: str, path: str, op: str, children: tuple[ModuleTree, ...]
    ) -> ModuleTree:
        cost = sum((each.cost * each.times for each in children), Cost())
        out = children[-1].out if children else ()
        sort = self._sort(op, tuple((each.name, each.sort, each.times) for each in children))
        end = children[-1].end if children else -1
        return ModuleTree(name, path, op, out, cost, sort, end, children)

    def _iterations(self, repeat: Scope) -> list[ModuleTree]:
        """Return the items of a repeat without a level of its own; equal iterations once."""
        found: list[ModuleTree] = []
        rounds = [self._items(item) for item in repeat.items if isinstance(item, Scope)]
        for _, group in groupby(rounds, key=lambda items: [each.sort for each in items]):
            alike = list(group)
            if len(alike) == 1 or len(alike[0]) < 2:
                found += [each for items in alike for each in items]
                continue
            first, last = alike[0][0], alike[-1][-1]
            body = self._parent(first.name, first.path, "repeat", _gathered(alike[0]))
            found.append(_spanning(body, last, len(alike)))
        return found

    def _sort(self, *parts: Hashable) -> int:
        """Return one number for all equal structures: comparison stays cheap at any depth."""
        return self.sorts.setdefault(parts, len(self.sorts))


def _iterates(item: Scope | Node) -> bool:
    return isinstance(item, Scope) and item.kind == "iteration" and item.name is None


def _gathered(items: Iterable[ModuleTree]) -> tuple[ModuleTree, ...]:
    """Merge equal neighbours."""
    found = []
    for _, group in groupby(items, key=lambda item: (item.sort, item.times)):
        alike = list(group)
        one = len(alike) == 1 or alike[0].times > 1
        found += alike if one else [_spanning(alike[0], alike[-1], len(alike))]
    return tuple(found)


def _spanning(first: ModuleTree, last: ModuleTree, times: int) -> ModuleTree:
    """Return a run of equal ones as one, from the first to the last."""
    to = TO + last.name
    return replace(first, name=first.name + to, path=first.path + to, times=times, end=last.end)
