"""Rewriting a graph: edits are noted first, then one walk makes the copy that has them all."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from archdsl.diagnostics import Span
from archdsl.ir.graph import Auxiliary, Graph, Node, Scope
from archdsl.ops import Op
from archdsl.ops.formulas import Formulas
from archdsl.records import record


@record
class _Made:
    """The content of a place in the copy."""

    op: Op
    inputs: tuple[int, ...]
    scope: Scope
    span: Span
    name: str
    label: str | None = None
    formulas: Formulas | None = None


@dataclass
class Rewrite:
    """A set of edits of a graph; `apply` returns an edited copy.

    Nodes go by their numbers in the old graph; an added one has a negative number. Scopes, names
    and places in the text are kept, a scope that has lost its last node goes, and the shapes of
    all nodes are inferred anew.
    """

    graph: Graph
    _changed: dict[int, _Made] = field(default_factory=dict)
    _added: dict[int, list[tuple[int, _Made]]] = field(default_factory=dict)
    _instead: dict[int, int] = field(default_factory=dict)
    _gone: set[int] = field(default_factory=set)
    _names: dict[int, set[str]] = field(default_factory=dict)
    _count: int = 0

    def change(
        self, node: Node, op: Op, inputs: tuple[int, ...] | None = None, name: str = ""
    ) -> None:
        """Another op in the place of a node, with its inputs and name unless others are given."""
        reads = node.inputs if inputs is None else inputs
        label = node.label if not name or name == node.name else None
        made = _Made(op, reads, node.scope, node.span, name or node.name, label)
        self._changed[node.id] = made

    def skip(self, node: Node, source: int) -> None:
        """Remove a node; its readers read another value."""
        self._instead[node.id] = source

    def remove(self, node: Node) -> None:
        """Remove a node that nothing reads."""
        self._gone.add(node.id)

    def add(self, op: Op, inputs: tuple[int, ...], before: Node, scope: Scope, name: str) -> int:
        """A new node in front of another, in that one's scope or one around it; its number."""
        self._count += 1
        free = self._free(scope, name)
        made = _Made(op, inputs, scope, before.span, free)
        self._added.setdefault(before.id, []).append((-self._count, made))
        return -self._count

    def _free(self, scope: Scope, name: str) -> str:
        home = scope.home()
        if id(home) not in self._names:
            self._names[id(home)] = {item.name or "" for item in home.members()}
        taken, free, number = self._names[id(home)], name, 2
        while free in taken:
            free, number = f"{name}{number}", number + 1
        taken.add(free)
        return free

    def result(self) -> Graph:
        """The rewritten copy; the graph itself where nothing was noted."""
        if not (self._changed or self._added or self._instead or self._gone):
            return self.graph
        return self.copy()

    def copy(self) -> Graph:
        """The rewritten copy, also where nothing was noted."""
        return _Copy(self).graph

    # -------------------------------------------------------------- for the walk

    def _reads(self, number: int) -> int:
        path = []
        while number in self._instead:
            path.append(number)
            number = self._instead[number]
        for passed in path[:-1]:  # so that a long chain is walked once
            self._instead[passed] = number
        return number

    def _replacement(self, node: Node) -> list[tuple[int, _Made]]:
        """The content of the copy at the place of a node."""
        found = list(self._added.get(node.id, ()))
        if node.id not in self._instead and node.id not in self._gone:
            own = _Made(
                node.op, node.inputs, node.scope, node.span, node.name, node.label, node.formulas
            )
            found.append((node.id, self._changed.get(node.id, own)))
        return found


class _Copy:
    def __init__(self, edits: Rewrite) -> None:
        self.edits = edits
        old = edits.graph
        self.scopes: dict[int, Scope] = {}
        self.moved: dict[int, Node] = {}
        self.graph = Graph(old.name, self._scope(old.root))
        self.graph.source = old.source or old
        self.graph.family = old.family
        for node in old.nodes:
            for number, made in edits._replacement(node):
                self.moved[number] = self._node(made)
        self.graph.inputs = [self._at(number) for number in old.inputs]
        self.graph.outputs = [self._at(number) for number in old.outputs]
        self.graph.output_names = list(old.output_names)
        self.graph.auxiliaries = [
            Auxiliary(self._at(aux.node), aux.weight)
            for aux in old.auxiliaries
            if aux.node not in edits._gone
        ]

    def _at(self, number: int) -> int:
        return self.moved[self.edits._reads(number)].id

    def _node(self, made: _Made) -> Node:
        inputs = tuple(self._at(number) for number in made.inputs)
        shapes = tuple(self.graph.nodes[number].shape for number in inputs)
        shape = made.op.infer(shapes) if inputs else made.op.shape  # type: ignore[attr-defined]
        scope = self._scope(made.scope)
        node = self.graph.add(made.op, inputs, shape, scope, made.span, made.formulas)
        node.name, node.label = made.name, made.label
        return node

    def _scope(self, old: Scope) -> Scope:
        """The copy of a scope, made when its first node comes."""
        if id(old) not in self.scopes:
            parent = None if old.parent is None else self._scope(old.parent)
            given = {name: self._given(value) for name, value in old.arguments.items()}
            new = replace(old, parent=parent, arguments=given, items=[])
            self.scopes[id(old)] = new
            if parent is not None:
                parent.items.append(new)
        return self.scopes[id(old)]

    def _given(self, value: Any) -> Any:
        """A value that a block was called with, where it is still there."""
        if not isinstance(value, Node):
            return value
        return self.moved.get(self.edits._reads(value.id), value)
