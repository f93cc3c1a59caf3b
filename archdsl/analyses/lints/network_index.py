"""Facts of a graph that several lints need: readers, origins and receptive fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import NamedTuple

from archdsl.analyses.receptive_field import Field, receptive_fields
from archdsl.diagnostics import Diagnostic, Fix, Span
from archdsl.ir import Graph, Node


class Edit(NamedTuple):
    """A text edit at the place of a finding; `apply` returns None where the text does not allow it.

    It is applied when a finding is reported: one place may be found a thousand times.
    """

    apply: Callable[[Span, str], Fix | None]
    argument: str = ""


class Finding(NamedTuple):
    """A message without its place, and the node it is about; None: the network."""

    problem: Diagnostic
    node: Node | None = None
    edit: Edit | None = None


class NetworkIndex:
    """Lookups in one graph, each computed once, when first needed; linear in the graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.nodes = graph.nodes
        self.results = frozenset((*graph.outputs, *(aux.node for aux in graph.auxiliaries)))

    @cached_property
    def users(self) -> list[list[Node]]:
        """The readers of each node's value, one entry for each use."""
        found: list[list[Node]] = [[] for _ in self.nodes]
        for node in self.nodes:
            for source in node.inputs:
                found[source].append(node)
        return found

    @cached_property
    def _origins(self) -> list[int]:
        found: list[int] = []
        for node in self.nodes:
            found.append(found[node.inputs[0]] if node.op.transparent else node.id)
        return found

    def origin(self, number: int) -> Node:
        """Return the node that makes a value in evaluation: skips identities and dropouts."""
        return self.nodes[self._origins[number]]

    def before(self, node: Node) -> Node:
        """Return the origin of a node's first operand."""
        return self.origin(node.inputs[0])

    @cached_property
    def readers(self) -> list[tuple[Node, list[Node]]]:
        """The values that are not results, each with the layers that read it in evaluation."""
        found: list[list[Node]] = [[] for _ in self.nodes]
        for node in self.nodes:
            if not node.op.transparent:
                for source in node.inputs:
                    found[self._origins[source]].append(node)
        results = {self._origins[number] for number in self.results}
        return [(v, found[v.id]) for v in self.nodes if found[v.id] and v.id not in results]

    @cached_property
    def fields(self) -> Mapping[int, Field]:
        """The receptive fields."""
        return receptive_fields(self.graph)

    def only_user(self, node: Node) -> Node | None:
        """Return the only reader of a value; None where there are several or it is a result."""
        users = self.users[node.id]
        return users[0] if len(users) == 1 and node.id not in self.results else None

    def after(self, node: Node) -> Node | None:
        """Return the only reader of a value in evaluation, skipping identities and dropouts."""
        user = self.only_user(node)
        while user is not None and user.op.transparent:
            user = self.only_user(user)
        return user


def has_bias(graph: Graph, node: Node) -> bool:
    """Whether a convolution or linear layer adds a learned constant to each channel."""
    weights = node.op.weights(graph.operands(node)) if node.op.weighted else ()
    return any(weight.name == "bias" for weight in weights)
