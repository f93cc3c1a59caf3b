"""Lints of receptive fields: too small for the input, too large for it, or looking elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from archdsl.analyses.lints.network import Finding, Network
from archdsl.analyses.receptive_field import misaligned
from archdsl.analyses.unproductive import border_layers, feasible_extent, productive_extent
from archdsl.diagnostics import lints as say
from archdsl.ops.base import size


def field_too_small(network: Network) -> Iterator[Finding]:
    """L501: a global pool over units none of which sees the whole input.

    What is further apart than the receptive field is only averaged, never related (Richter et al.
    2021, arXiv:2106.12307: the largest feasible resolution).
    """
    for node in network.nodes:
        if node.op.kind == "pool" and node.shape[1:] == (1, 1):
            before = node.inputs[0]
            field = network.fields.get(before)
            if field is None or field.whole or None in field.axes:
                continue
            extent = network.nodes[field.source].shape[1:]
            sizes = tuple(axis.size for axis in field.axes if axis)
            if any(s < e for s, e in zip(sizes, extent, strict=True)):
                fits = _feasible(network)
                problem = say.field_too_small(node.op.word, size(sizes), size(extent), fits)
                yield Finding(problem, node)


def _feasible(network: Network) -> str:
    found = feasible_extent(network.graph, network.fields)
    return f"{found.least} to {found.most} pixels" if found and found.least < found.most else ""


def field_outgrown(network: Network) -> Iterator[Finding]:
    """L502: convolutions that see no more than those before them, since all see the whole input."""
    found = list(border_layers(network.graph, network.fields))
    if found:
        first = found[0]
        extent = network.nodes[network.fields[first.id].source].shape[1:]
        least = size((productive_extent(network.graph, network.fields),) * 2)
        yield Finding(say.field_outgrown(len(found), size(extent), least, first.path, first.span))


def centres_differ(network: Network) -> Iterator[Finding]:
    """L503: branches that are merged position by position, and look at different places."""
    for found in misaligned(network.graph, network.fields):
        node = network.nodes[found.node]
        centres = sorted(set(found.centres.values()))
        yield Finding(say.centres_differ(node.op.word, centres), node)
