"""Which values are never below zero, in evaluation."""

from __future__ import annotations

from collections.abc import Iterable

from archdsl.ir import Node


def non_negative(nodes: Iterable[Node]) -> list[bool]:
    """Whether each value, by its number, is a ReLU's result or of such by what keeps signs."""
    found: list[bool] = []
    for node in nodes:
        kept = node.op.keeps_sign and all(found[source] for source in node.inputs)
        found.append(node.op.rectifies or kept)
    return found
