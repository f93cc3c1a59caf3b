"""Lints of receptive fields: too small, too large, or looking at different places."""

from __future__ import annotations

from collections.abc import Iterator

from archdsl.analyses.lints.network_index import Finding, NetworkIndex
from archdsl.analyses.receptive_field import misaligned
from archdsl.analyses.unproductive import (
    Extent,
    border_layers,
    feasible_extent,
    productive_from,
)
from archdsl.diagnostics import lint_warnings
from archdsl.ir import Node
from archdsl.ops.base import size, volume


def field_too_small(network: NetworkIndex) -> Iterator[Finding]:
    """L501: a global pool in the head over units that never see the whole input.

    What is further apart than the receptive field is only averaged, never related (Richter et al.
    2021, arXiv:2106.12307: the largest feasible resolution). Where a gate sees the whole input, as
    in squeeze-and-excitation, so does what it scales.
    """
    last = _last_image(network)
    field = network.fields.get(last.id) if last else None
    if last is None or field is None or field.whole:
        return
    extent = network.nodes[field.source].shape[1:]
    sizes = tuple(axis.size for axis in field.axes if axis)
    if any(s < e for s, e in zip(sizes, extent, strict=True)):
        for node in network.users[last.id]:
            if node.op.kind == "pool" and set(node.shape[1:]) == {1}:
                fits = _feasible(network)
                problem = lint_warnings.field_too_small(
                    node.op.word, size(sizes), size(extent), fits
                )
                yield Finding(problem, node)


def _last_image(network: NetworkIndex) -> Node | None:
    """Return the last value with several positions that the (first) output depends on."""
    needed = {network.graph.outputs[0]}
    for node in reversed(network.nodes):
        if node.id in needed:
            if volume(node.shape[1:]) > 1:
                return node
            needed.update(node.inputs)
    return None


def _feasible(network: NetworkIndex) -> str:
    found = feasible_extent(network.graph, network.fields)
    return f"{found.least} to {found.most} pixels" if found and found.least < found.most else ""


def field_outgrown(network: NetworkIndex) -> Iterator[Finding]:
    """L502: convolutions that see no more than those before them, since all see the whole input.

    One finding for each input, with the first of its border layers.
    """
    readers: dict[int, dict[int, Extent]] = {}
    for number, least in productive_from(network.graph, network.fields).items():
        readers.setdefault(network.fields[number].source, {})[number] = least
    for source, productive in readers.items():
        _, *extent = network.nodes[source].shape
        found = border_layers(productive, tuple(extent))
        if found:
            first = network.nodes[found[0]]
            enough = size((max(min(productive[number]) for number in found),) * len(extent))
            yield Finding(
                lint_warnings.field_outgrown(
                    len(found), size(tuple(extent)), enough, first.path, first.span
                )
            )


def centres_differ(network: NetworkIndex) -> Iterator[Finding]:
    """L503: branches that are merged position by position, and look at different places.

    Even windows and nearest upsampling move a centre by up to half a position, as in ResNet-D and
    feature pyramids; no padding would change that, so it is left alone.
    """
    reported = -1
    for found in misaligned(network.graph, network.fields):
        strides, centres = found.strides.values(), found.centres.values()
        drifting = len(set(strides)) > 1
        apart = 2 * (max(centres) - min(centres)) > min(strides)
        if found.node != reported and (drifting or apart):
            node, reported = network.nodes[found.node], found.node
            what, values = ("strides", strides) if drifting else ("centres", centres)
            shown = [f"{float(value):g}" for value in sorted(set(values))]
            yield Finding(lint_warnings.centres_differ(node.op.word, what, shown), node)
