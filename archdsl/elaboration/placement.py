"""The places of statements of a network: bodies that run once and belong to it alone."""

from __future__ import annotations

from collections.abc import Iterable

from archdsl.diagnostics import Rejected, network_errors

ONCE = frozenset({"network", "branch"})
SEVERAL = frozenset({"group", "repeat", "iteration", "dense", "split", "towers"})
ALLOWED = {"input": ONCE, "expect": ONCE, "output": ONCE | SEVERAL}
IN_BLOCK = "in a block"
WHERE = {
    "block": IN_BLOCK,
    "inline": IN_BLOCK,
    "group": "under a label",
    "repeat": "in a `repeat`",
    "iteration": "in a `repeat`",
    "dense": "in a `dense`",
    "split": "in a `split`",
    "towers": "in a `split`",
    "aux": "in an `aux`",
}


def check_place(statement: str, around: Iterable[str]) -> None:
    """Raise `Rejected` where a statement may not be.

    `around` are the kinds of the bodies around it, from the inside out.
    """
    found = [WHERE[kind] for kind in around if kind not in ALLOWED[statement]]
    if IN_BLOCK in found:
        raise Rejected(
            network_errors.misplaced(f"`{statement}`", IN_BLOCK, "it belongs into a network")
        )
    if found:
        advice = "write it in the network's own body"
        raise Rejected(network_errors.misplaced(f"`{statement}`", found[0], advice))
