"""Lints about the structure of a network: unused values, missing labels, input order."""

from __future__ import annotations

from collections.abc import Iterator

from archdsl.analyses.lints.edits import labelled, with_size
from archdsl.analyses.lints.network_index import Edit, Finding, NetworkIndex
from archdsl.diagnostics import lint_warnings
from archdsl.ir import Node, Scope

SMALLEST_PICTURE = 16  # pixels on a side


def never_used(network: NetworkIndex) -> Iterator[Finding]:
    """L101: the ends of what no result depends on."""
    inputs = set(network.graph.inputs)
    for node in network.nodes:
        if not network.users[node.id] and node.id not in network.results:
            unread = node.id in inputs
            yield Finding(
                lint_warnings.input_never_used()
                if unread
                else lint_warnings.never_used(node.op.word),
                node,
            )


def label_missing(network: NetworkIndex) -> Iterator[Finding]:
    """L102: layers with weights that are named by position where others beside them have labels.

    Where an author names layers, the keys of the weights are meant to stay, and a layer named by
    its position takes another name with the next one put before it. Scopes without any label are
    left alone: blocks, and chains that count as `nn.Sequential` does.
    """
    stack = [network.graph.root]
    while stack:
        members = stack.pop().members()
        stack += [item for item in reversed(members) if isinstance(item, Scope)]
        keyed = [item for item in members if isinstance(item, Scope) or _weights(network, item)]
        label = next((item.name for item in keyed if not _automatic(item)), None)
        for item in keyed:
            if label and isinstance(item, Node) and _automatic(item):
                yield Finding(
                    lint_warnings.label_missing(item.name, label), item, Edit(labelled, item.name)
                )


def channels_last(network: NetworkIndex) -> Iterator[Finding]:
    """L103: an input whose sizes are height, width, channels, or height and width alone.

    Pictures have 1, 3 or 4 channels. A square of 16 or more with so few columns is one of these;
    where it is no square only 3 is, since 12x1000x1 may be 12 signals over time. Two equal sizes of
    16 or more are those of a picture rather than channels and samples.
    """
    for number in network.graph.inputs:
        node = network.nodes[number]
        if len(node.shape) == 2 and node.shape[0] == node.shape[1] >= SMALLEST_PICTURE:
            yield Finding(lint_warnings.channels_missing(node.shape[0]), node)
        height, width, channels = node.shape if len(node.shape) == 3 else (0, 0, 0)
        square = height == width and channels in (1, 4)
        if min(height, width) >= SMALLEST_PICTURE and (square or channels == 3):
            edit = Edit(with_size, f"{channels}x{height}x{width}")
            yield Finding(lint_warnings.channels_last(height, width, channels), node, edit)


def _weights(network: NetworkIndex, node: Node) -> bool:
    return bool(node.op.weights(network.graph.operands(node)))


def _automatic(item: Node | Scope) -> bool:
    word = item.op.word if isinstance(item, Node) else item.title
    return item.label is None and (item.name or "").removeprefix(word).isdigit()
