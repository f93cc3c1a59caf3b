"""A graph as lints read it: who reads what, and what a value is past the ops that only pass it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import NamedTuple

from archdsl.analyses.receptive_field import Field, receptive_fields
from archdsl.diagnostics import Diagnostic, Fix, Span
from archdsl.ir import Graph, Node


class Edit(NamedTuple):
    """How an edit is made at the place of a finding; None where the text there does not allow it.

    Made for what is reported, not for what is found: a place may be found a thousand times.
    """

    apply: Callable[[Span, str], Fix | None]
    argument: str = ""


class Finding(NamedTuple):
    """A worded message without its place, and the node that it is about; None: the network."""

    problem: Diagnostic
    node: Node | None = None
    edit: Edit | None = None


class NetworkIndex:
    """What several lints ask of one graph, each answered once and linear in the graph."""

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
        """The node that makes a value in evaluation: past identities and dropouts."""
        return self.nodes[self._origins[number]]

    def before(self, node: Node) -> Node:
        """The origin of a node's first operand."""
        return self.origin(node.inputs[0])

    @cached_property
    def readers(self) -> list[tuple[Node, list[Node]]]:
        """The values that are no result, each with the layers that read it in evaluation."""
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
        """The only reader of a value; None where there are several, or it is a result too."""
        users = self.users[node.id]
        return users[0] if len(users) == 1 and node.id not in self.results else None

    def after(self, node: Node) -> Node | None:
        """The only reader of a value in evaluation, past what only passes it on."""
        user = self.only_user(node)
        while user is not None and user.op.transparent:
            user = self.only_user(user)
        return user


def has_bias(graph: Graph, node: Node) -> bool:
    """Whether a convolution or linear layer adds a learned constant to each channel."""
    weights = node.op.weights(graph.operands(node)) if node.op.weighted else ()
    return any(weight.name == "bias" for weight in weights)
