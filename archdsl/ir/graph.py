"""The graph of a network: a typed networkx graph, and the tree of scopes that names its nodes.

Every node makes one value. Nodes are numbered in the order in which the author wrote them, which
is a topological order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from archdsl.diagnostics import Frame, Span
from archdsl.ops import Op, Shape
from archdsl.ops.formulas import Formula, Formulas
from archdsl.records import record

if TYPE_CHECKING:  # at run time only where `dag` is asked for: importing it costs 0.12 s
    import networkx as nx


@dataclass(eq=False, slots=True)
class Scope:
    """A part of a network as the author structured it.

    `name` is its level in the paths of what it holds; a scope without one (an unlabelled repeat,
    an inline block, a branch, a group of one item) is transparent. `kind` is one of network,
    block, inline, group, repeat, iteration, dense, split, towers (a split whose parts may live on
    devices of their own), aux and branch; `title` the block's or network's name; `arguments` what
    the call bound, `defaults` what it could have left out. `span` is the call.

    Formulas name a block's or network's parameters by the `key` of its scope. `flags` are those of
    the arguments that are truth values or ops; numbers have their own. `computed` are
    defaults that are not in its head: they follow from other parameters, or were bound before.
    `count` is the formula of the iterations of a repeat, `decisions` are conditions by which the
    text chose what the scope holds; their values are the outcomes. `conditions` are those inside
    the parent by whose outcomes the scope is there.
    """

    kind: str
    title: str
    span: Span
    parent: Scope | None = None
    label: str | None = None
    name: str | None = None
    doc: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    items: list[Scope | Node] = field(default_factory=list)
    key: object = field(default_factory=object)
    computed: Mapping[str, Formula] = field(default_factory=dict)
    flags: Mapping[str, Formula] = field(default_factory=dict)
    count: Formula | None = None
    decisions: list[Formula] = field(default_factory=list)
    conditions: tuple[Formula, ...] = ()

    @property
    def path(self) -> str:
        """The levels' names, joined by dots; empty for the network."""
        levels = [scope.name for scope in self.lineage() if scope.name and scope.parent]
        return ".".join(reversed(levels))

    def lineage(self) -> Iterator[Scope]:
        """Yield this scope and all enclosing ones, innermost first."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def members(self) -> list[Scope | Node]:
        """The items, with transparent scopes replaced by their own items."""
        found: list[Scope | Node] = []
        for item in self.items:
            if isinstance(item, Scope) and item.name is None:
                found += item.members()
            else:
                found.append(item)
        return found

    def nodes(self) -> Iterator[Node]:
        """All nodes in it, at any depth."""
        for item in self.items:
            if isinstance(item, Scope):
                yield from item.nodes()
            else:
                yield item

    def reversed_nodes(self) -> Iterator[Node]:
        """All nodes in it, at any depth, from the last to the first."""
        for item in reversed(self.items):
            if isinstance(item, Scope):
                yield from item.reversed_nodes()
            else:
                yield item

    def home(self) -> Scope:
        """The nearest scope around and including this one that has a level of its own."""
        scope = self
        while scope.name is None and scope.parent is not None:
            scope = scope.parent
        return scope


@record
class Auxiliary:
    """A training-only output: its node, and the weight of its loss."""

    node: int
    weight: float


@dataclass(eq=False, slots=True)
class Node:
    """One op at one place: what it does, what it reads (by number), the shape it makes.

    `formulas` are those of its attributes that depend on parameters; None where a pass has made
    the op, so that its numbers have none. `conditions` are those inside the scope by whose
    outcomes the node is there. `callee` is the parameter by whose call the author made it.
    """

    id: int
    op: Op
    inputs: tuple[int, ...]
    shape: Shape
    scope: Scope
    span: Span
    label: str | None = None
    name: str = ""
    formulas: Formulas | None = None
    conditions: tuple[Formula, ...] = ()
    callee: Formula | None = None

    @property
    def path(self) -> str:
        """The dotted path in the network: the prefix of the `state_dict` keys."""
        around = self.scope.path
        return f"{around}.{self.name}" if around else self.name

    @property
    def chain(self) -> tuple[Frame, ...]:
        """The calls that led here, innermost first."""
        return frames(self.scope)


def frames(scope: Scope) -> tuple[Frame, ...]:
    """The block calls around a scope, innermost first, ending with the network."""
    calls = [s for s in scope.lineage() if s.kind in ("block", "inline", "network")]
    return tuple(Frame(s.title, s.span) for s in calls)


class Graph:
    """A network whose every value has its shape.

    `inputs` and `outputs` are node numbers; `output_names` are the labels under which the author
    returns several outputs. `source` is the graph that passes have rewritten to this one.
    """

    def __init__(self, name: str, root: Scope) -> None:
        self.name = name
        self.family: Span = root.span  # the name of the definition that its variants share
        self.root = root
        self.nodes: list[Node] = []
        self.inputs: list[int] = []
        self.outputs: list[int] = []
        self.output_names: list[str] = []
        self.auxiliaries: list[Auxiliary] = []
        self.source: Graph | None = None
        self._dag: nx.MultiDiGraph[int] | None = None
        self._readers: list[list[Node]] | None = None
        self._output_set: frozenset[int] | None = None

    @property
    def dag(self) -> nx.MultiDiGraph[int]:
        """The networkx graph, made on demand and kept up to date by `add`.

        Nodes are numbers with a `node` attribute; edges lead from operand to user, keyed by the
        operand's position.
        """
        if self._dag is None:
            import networkx as nx

            self._dag = nx.MultiDiGraph()
            for node in self.nodes:
                _connect(self._dag, node)
        return self._dag

    def add(
        self,
        op: Op,
        inputs: tuple[int, ...],
        shape: Shape,
        scope: Scope,
        span: Span,
        formulas: Formulas | None = None,
    ) -> Node:
        """Append a node that reads earlier ones."""
        node = Node(len(self.nodes), op, inputs, shape, scope, span, formulas=formulas)
        self.nodes.append(node)
        scope.items.append(node)
        if self._dag is not None:
            _connect(self._dag, node)
        if self._readers is not None:
            _read(self._readers, node)
        return node

    def add_output(self, node: Node, name: str = "") -> None:
        """Append an output, with a name if there are several."""
        self.outputs.append(node.id)
        self.output_names += [name] if name else []
        self._output_set = None

    def remove(self, numbers: set[int]) -> None:
        """Remove nodes that nothing reads and renumber the others."""
        if not numbers:
            return
        kept = [node for node in self.nodes if node.id not in numbers]
        number = {node.id: position for position, node in enumerate(kept)}
        for scope in {self.nodes[gone].scope for gone in numbers}:
            scope.items = [i for i in scope.items if isinstance(i, Scope) or i.id in number]
        for node in kept:
            node.id = number[node.id]
            node.inputs = tuple(number[source] for source in node.inputs)
        self.nodes = kept
        self.inputs = [number[i] for i in self.inputs]
        self.outputs = [number[i] for i in self.outputs]
        self.auxiliaries = [replace(aux, node=number[aux.node]) for aux in self.auxiliaries]
        self._dag = self._readers = self._output_set = None

    def evaluated(self) -> set[int]:
        """The nodes that a result in evaluation depends on; the others are for training only."""
        needed = set(self.outputs)
        for node in reversed(self.nodes):
            if node.id in needed:
                needed.update(node.inputs)
        return needed

    def uses(self) -> list[int]:
        """The number of readers of each node, results included."""
        uses = [0] * len(self.nodes)
        for node in self.nodes:
            for number in node.inputs:
                uses[number] += 1
        for number in (*self.outputs, *(aux.node for aux in self.auxiliaries)):
            uses[number] += 1
        return uses

    def operands(self, node: Node) -> tuple[Shape, ...]:
        """The shapes that a node reads."""
        return tuple(self.nodes[i].shape for i in node.inputs)

    def users(self, node: Node) -> list[Node]:
        """The nodes that read a node's value, one entry for each use."""
        if self._readers is None:
            self._readers = []
            for reader in self.nodes:
                _read(self._readers, reader)
        return self._readers[node.id]

    def only_user(self, node: Node) -> Node | None:
        """The node that alone, and once, reads a value; None also for what the network returns."""
        users = self.users(node)
        return users[0] if len(users) == 1 and not self.is_output(node) else None

    def is_output(self, node: Node) -> bool:
        """Whether the network returns a node's value."""
        if self._output_set is None:
            self._output_set = frozenset(self.outputs)
        return node.id in self._output_set

    def at(self, path: str) -> Node | Scope | None:
        """The node or scope with a path; None where there is none."""
        place: Node | Scope = self.root
        for name in path.split(".") if path else ():
            if isinstance(place, Node):
                return None
            matches = [item for item in place.members() if item.name == name]
            if not matches:
                return None
            place = matches[0]
        return place

    def output_of(self, scope: Scope) -> Node | None:
        """The node whose value a scope ends with: the last one it holds; None where it is empty.

        Of towers it is that of the last one: they meet outside of their scope.
        """
        return next(scope.reversed_nodes(), None)


def _read(readers: list[list[Node]], node: Node) -> None:
    """Add a node to the readers of each node's value."""
    readers.append([])
    for source in node.inputs:
        readers[source].append(node)


def _connect(dag: nx.MultiDiGraph[int], node: Node) -> None:
    dag.add_node(node.id, node=node)
    for position, source in enumerate(node.inputs):
        dag.add_edge(source, node.id, key=position)
