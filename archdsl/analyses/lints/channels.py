"""Lints about numbers of channels."""

from __future__ import annotations

from collections.abc import Iterator

from archdsl.analyses.lints.network_index import Finding, NetworkIndex
from archdsl.diagnostics import lint_warnings

MULTIPLE = 8  # channels of half precision that tensor cores take at once


def uneven_channels(network: NetworkIndex) -> Iterator[Finding]:
    """L601: layers whose output channels are no multiple of 8.

    Source: NVIDIA, "Convolutional layers user's guide", on channels in and out. A network's last
    layers are left alone: their channels are the task's, as classes are.
    """
    last = _last_layers(network)
    for node in network.nodes:
        channels = node.shape[0]
        if node.op.weighted and node.id not in last and channels % MULTIPLE:
            better = -(-channels // MULTIPLE) * MULTIPLE
            yield Finding(lint_warnings.uneven_channels(node.op.word, channels, better), node)


def _last_layers(network: NetworkIndex) -> set[int]:
    """Return the nodes from which a result is reached without passing a layer with weights."""
    found = set(network.results)
    for node in reversed(network.nodes):
        if node.id in found and not node.op.weighted:
            found.update(node.inputs)
    return found
