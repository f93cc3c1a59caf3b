"""The forms of ops and scopes in a picture: sign, bar, pill, card, or none."""

from __future__ import annotations

from archdsl.backends.diagram.equal_parts import FOLLOWERS
from archdsl.backends.diagram.picture_model import PicturePart
from archdsl.ir import Node, Scope


def form(node: Node) -> str:
    """Return the form of an op."""
    if node.op.kind == "merge":
        return "sign" if node.op.sign else "bar"
    return "pill" if node.op.kind in (*FOLLOWERS, "input", "other", "shape") else "card"


def mark_of(scope: Scope) -> str:
    """Return how edges inside a scope are drawn; empty for plain ones."""
    if scope.kind == "aux":
        return "aux"
    return "shortcut" if scope.kind == "branch" and scope.title == "shortcut" else ""


def says_all(part: PicturePart, opened: bool) -> bool:
    """Whether a part needs no box or card around it."""
    return part.form in ("card", "pill") and part.times == 1 and (opened or part.kind != "block")


def read_from_outside(scope: Scope) -> set[int]:
    """Return the nodes outside a scope whose values it reads."""
    own = {node.id for node in scope.nodes()}
    return {source for node in scope.nodes() for source in node.inputs} - own


def is_repeat(scope: Scope) -> bool:
    """Whether a scope holds iterations without names, and nothing else."""
    return bool(scope.items) and all(
        isinstance(item, Scope) and item.kind == "iteration" and item.name is None
        for item in scope.items
    )


def calls_itself(scope: Scope) -> bool:
    """Whether a block is inside a block of its kind, as in a fractal."""
    around = scope.parent
    while around is not None and around.name is None:
        around = around.parent
    return scope.kind == "block" and around is not None and around.title == scope.title
