"""Lints of windows: positions that nothing reads, windows that read nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import NamedTuple

from archdsl.analyses.lints.edits import removed
from archdsl.analyses.lints.network_index import Edit, Finding, NetworkIndex
from archdsl.diagnostics import lint_warnings
from archdsl.ir import Node
from archdsl.ops.input_windows import Windows, along_axes

AXES = (("positions",), ("rows", "columns"), ("frames", "rows", "columns"))


class Reader(NamedTuple):
    """A layer that reads a value, and the windows of its outputs along each axis."""

    node: Node
    windows: Windows

    @classmethod
    def of(cls, node: Node, source: Sequence[int]) -> Reader:
        """A layer as the reader of a value of the shape `source`."""
        windows = node.op.windows(tuple(source), node.shape)
        return cls(node, along_axes(windows, len(source) - 1))

    def last(self, axis: int) -> int:
        """Return the last position that is read."""
        jump, (reads,) = self.windows[axis]
        return jump * (self.node.shape[1 + axis] - 1) + reads[-1]

    def residues(self, axis: int) -> set[int]:
        """Return which of each `jump` neighbouring positions are read."""
        jump, (reads,) = self.windows[axis]
        return {position % jump for position in reads}


def rows_dropped(network: NetworkIndex) -> Iterator[Finding]:
    """L401: rows or columns at the far edge that no window reaches.

    A size that does not fit the stride is rounded down in silence: AlexNet's first layer reads
    223 of 224 pixels, and all of 227.
    """
    for value, readers in _strided(network):
        for axis, extent in enumerate(value.shape[1:]):
            left = extent - 1 - max(reader.last(axis) for reader in readers)
            if left > 0 and not _skipped(readers, axis):
                node, jump = readers[0].node, readers[0].windows[axis].jump
                name = AXES[len(value.shape) - 2][axis]
                problem = lint_warnings.rows_dropped(node.op.brief, left, extent, name, jump)
                yield Finding(problem, node)
                break  # the columns would repeat what the rows show


def pixels_skipped(network: NetworkIndex) -> Iterator[Finding]:
    """L402: positions between windows that nothing reads, though they were computed.

    Where another layer reads them, as beside ResNet's strided 1x1 shortcuts, nothing is lost.
    """
    for value, readers in _strided(network):
        read = [1 - _skipped(readers, axis) for axis in range(len(value.shape) - 1)]
        if min(read) < 1:
            first = readers[0].node
            share = round(100 * (1 - prod(read)))
            yield Finding(lint_warnings.pixels_skipped(first.op.brief, value.op.word, share), first)


def _skipped(readers: Sequence[Reader], axis: int) -> float:
    """Return the share of positions that no reader reads; all readers have one stride."""
    jumps = {reader.windows[axis].jump for reader in readers}
    if len(jumps) > 1:
        return 0.0
    read = set().union(*(reader.residues(axis) for reader in readers))
    return 1 - len(read) / jumps.pop()


def _strided(network: NetworkIndex) -> Iterator[tuple[Node, list[Reader]]]:
    """Yield the images that only layers with a stride read, with these layers."""
    for value, users in network.readers:
        if all(_shrinks(value, user) for user in users):
            found = [Reader.of(user, value.shape) for user in users]
            if all(map(_slides, found)):
                yield value, found


def _shrinks(value: Node, user: Node) -> bool:
    if user.shape[1:] == value.shape[1:]:
        return False
    return len(user.shape) == len(value.shape) > 1 and not user.op.sees_all


def _slides(reader: Reader) -> bool:
    windows = reader.windows
    plain = all(window.jump > 0 and len(window.reads) == 1 for window in windows)
    return plain and any(window.jump > 1 for window in windows)


def only_padding(network: NetworkIndex) -> Iterator[Finding]:
    """L403: a padding so wide that a window at the edge reads nothing of the image."""
    for node in network.nodes:
        if (node.op.weighted or node.op.kind == "pool") and len(node.shape) > 1:
            source = network.nodes[node.inputs[0]].shape
            if source[1:] == node.shape[1:]:
                continue  # a window in the padding makes a larger image, or has a stride
            reader = Reader.of(node, source)
            if any(_begins_outside(reader, source, axis) for axis in range(len(source) - 1)):
                yield Finding(lint_warnings.only_padding(node.op.brief), node)


def _begins_outside(reader: Reader, source: Sequence[int], axis: int) -> bool:
    window = reader.windows[axis]
    if window.jump < 1 or len(window.reads) != 1:
        return False
    (reads,) = window.reads
    return reads[-1] < 0 or reader.last(axis) - (reads[-1] - reads[0]) >= source[1 + axis]


def pool_of_one(network: NetworkIndex) -> Iterator[Finding]:
    """L404: a pool of an image that has one position already."""
    for node in network.nodes:
        if node.op.kind == "pool" and set(node.shape[1:]) == {1}:
            before = network.nodes[node.inputs[0]]
            if before.shape[1:] == node.shape[1:]:
                yield Finding(lint_warnings.pool_of_one(node.op.brief), node, Edit(removed))
