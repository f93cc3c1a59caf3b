"""Lints about training: dropout, softmax and logits."""

from __future__ import annotations

from collections.abc import Iterator

from archdsl.analyses.lints.edits import removed
from archdsl.analyses.lints.network_index import Edit, Finding, NetworkIndex
from archdsl.diagnostics import lint_warnings
from archdsl.ir import Node
from archdsl.ops.activation import Softmax
from archdsl.ops.norm import BatchNorm
from archdsl.ops.regularise import Dropping


def dropout_before_norm(network: NetworkIndex) -> Iterator[Finding]:
    """L301: dropout that only batch normalisation reads, at most one layer later.

    Source: Li, Chen, Hu and Yang 2018 (arXiv:1801.05134): the norm learns the variance of training;
    in evaluation it is smaller by 1 - p.
    """
    for node in network.nodes:
        if isinstance(node.op, Dropping) and node.op.p > 0:
            user = network.after(node)
            if user is not None and user.op.weighted:
                user = network.after(user)
            if user is not None and isinstance(user.op, BatchNorm):
                yield Finding(
                    lint_warnings.dropout_before_norm(node.op.word, user.op.word, user.span), node
                )


def drops_everything(network: NetworkIndex) -> Iterator[Finding]:
    """L302: dropout with a probability of 1."""
    for node in network.nodes:
        if isinstance(node.op, Dropping) and node.op.p == 1:
            yield Finding(lint_warnings.drops_everything(node.op.word), node)


def softmax_at_the_end(network: NetworkIndex) -> Iterator[Finding]:
    """L303: an output that is a softmax; `nn.CrossEntropyLoss` takes logits."""
    for node in _ends(network):
        if isinstance(node.op, Softmax):
            yield Finding(lint_warnings.softmax_at_the_end(node.op.word), node, Edit(removed))


def logits_rectified(network: NetworkIndex) -> Iterator[Finding]:
    """L304: flat outputs of a linear layer that are cut off at zero."""
    for node in _ends(network):
        if node.op.rectifies and node.op.idempotent and len(node.shape) == 1:
            before = network.before(node)
            if before.op.weighted:
                problem = lint_warnings.logits_rectified(node.op.word, before.op.word)
                yield Finding(problem, node, Edit(removed))


def _ends(network: NetworkIndex) -> Iterator[Node]:
    for number in sorted(network.results):
        yield network.origin(number)
