"""Lints of layers that undo, repeat or hamper each other."""

from __future__ import annotations

from collections.abc import Iterator

from archdsl.analyses.lints.edits import with_argument, without
from archdsl.analyses.lints.network_index import Edit, Finding, NetworkIndex, has_bias
from archdsl.analyses.non_negative import non_negative
from archdsl.diagnostics import lint_warnings
from archdsl.ir import Node
from archdsl.ops.base import volume
from archdsl.ops.join import Join
from archdsl.ops.merge import Add


def bias_before_norm(network: NetworkIndex) -> Iterator[Finding]:
    """L201: a bias whose only reader subtracts each channel's mean.

    Source: Ioffe and Szegedy 2015, section 3.2.
    """
    for node in network.nodes:
        if node.op.centres(network.graph.operands(node)):
            before = network.nodes[node.inputs[0]]
            if network.only_user(before) is node and has_bias(network.graph, before):
                problem = lint_warnings.bias_before_norm(
                    before.op.word, node.op.word, before.shape[0]
                )
                yield Finding(problem, before, Edit(with_argument, "bias=false"))


def changes_nothing(network: NetworkIndex) -> Iterator[Finding]:
    """L202: an activation of what it has made, or of values that it leaves alone."""
    positive = non_negative(network.nodes)
    for node in network.nodes:
        if node.op.kind == "activation":
            before = network.before(node)
            again = node.op.idempotent and before.op == node.op
            if again or (node.op.keeps_positive and positive[before.id]):
                problem = lint_warnings.changes_nothing(node.op.word, before.op.word, before.span)
                yield Finding(problem, node, Edit(without))


def linear_twice(network: NetworkIndex) -> Iterator[Finding]:
    """L203: two dense linear maps in a row that one could replace without more channels.

    A narrow layer between wide ones (a factorisation), grouped and oblong windows (separable
    convolutions), and a layer before the image is enlarged (FCN's scores, ESPCN's channels) are
    meant so and left alone.
    """
    sources: list[Node | None] = []
    for node in network.nodes:
        source = _linear_source(network, node, sources)
        if source is not None and node.op.weighted and _are_one(network, source, node):
            problem = lint_warnings.linear_twice(node.op.word, source.op.word, source.span)
            yield Finding(problem, node)
        sources.append(node if node.op.weighted else source)


def _linear_source(network: NetworkIndex, node: Node, sources: list[Node | None]) -> Node | None:
    """Return the layer that a node is an affine map of, if nothing else reads between them."""
    if not node.op.affine_map or len(node.inputs) != 1:
        return None
    before = network.nodes[node.inputs[0]]
    enlarged = volume(node.shape[1:]) > volume(before.shape[1:])
    return sources[before.id] if network.only_user(before) is node and not enlarged else None


def _are_one(network: NetworkIndex, first: Node, second: Node) -> bool:
    """Whether one layer could replace two, without more channels between them."""
    ends = network.nodes[first.inputs[0]].shape[0], second.shape[0]
    narrows = first.shape[0] < min(ends)
    return not narrows and _is_dense(network, first) and _is_dense(network, second)


def _is_dense(network: NetworkIndex, node: Node) -> bool:
    """Whether each output reads all channels, through a square window."""
    inputs = network.graph.operands(node)
    channels = inputs[0][0] * node.shape[0]
    shape = node.op.weights(inputs)[0].shape
    return volume(shape[:2]) == channels and len(set(shape[2:])) <= 1


def norm_on_the_skip(network: NetworkIndex) -> Iterator[Finding]:
    """L204: a norm after one sum whose result is a shortcut of the next.

    Source: He et al. 2016, "Identity mappings", section 4.1: with a norm after the addition
    ResNet-110's error rises from 6.6 to 8.2 percent.
    """
    for node in network.nodes:
        if node.op.kind == "norm":
            before = network.before(node)
            if _sums(before) and network.after(before) is node and _is_a_shortcut(network, node):
                yield Finding(
                    lint_warnings.norm_on_the_skip(node.op.word, before.op.word, before.span), node
                )


def _is_a_shortcut(network: NetworkIndex, node: Node) -> bool:
    """Whether a value, or its activation, is an operand of a sum and read by a branch beside it.

    A value that only the sum reads is itself a branch.
    """
    activations = [user for user in network.users[node.id] if user.op.kind == "activation"]
    readers = [network.users[value.id] for value in (node, *activations)]
    return any(len(users) > 1 and any(map(_sums, users)) for users in readers)


def _sums(node: Node) -> bool:
    return isinstance(node.op, (Add, Join))


def neither_bias_nor_norm(network: NetworkIndex) -> Iterator[Finding]:
    """L205: an image that reaches an activation with neither a bias nor a norm on its way.

    Gates of one position, as in squeeze-and-excitation, are often meant so and left alone.
    """
    for node in network.nodes:
        if node.op.kind == "activation" and node.shape[1:] not in ((), (1, 1)):
            before = network.before(node)
            if before.op.weighted and not has_bias(network.graph, before):
                yield Finding(
                    lint_warnings.neither_bias_nor_norm(before.op.word, node.op.word), before
                )


def norm_twice(network: NetworkIndex) -> Iterator[Finding]:
    """L206: a norm whose only reader is a norm."""
    for node in network.nodes:
        if node.op.kind == "norm":
            before = network.before(node)
            if before.op.kind == "norm" and network.after(before) is node:
                yield Finding(
                    lint_warnings.norm_twice(node.op.word, before.op.word, before.span), node
                )
