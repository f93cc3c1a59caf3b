"""Find the values that are never negative in evaluation."""

from __future__ import annotations

from collections.abc import Iterable

from archdsl.ir import Node


def non_negative(nodes: Iterable[Node]) -> list[bool]:
    """For each node: is its value known to be non-negative?

    It is where the op is a ReLU or the like, or keeps the sign of non-negative operands.
    """
    found: list[bool] = []
    for node in nodes:
        kept = node.op.keeps_sign and all(found[source] for source in node.inputs)
        found.append(node.op.rectifies or kept)
    return found
