"""The author's scopes in a class: those that belong to it, and iterations that are one part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from archdsl.backends.torch.construct import Iteration
from archdsl.backends.torch.outline import Module, Part
from archdsl.ir import Scope
from archdsl.ops.formulas import Fixed


def iteration_of(part: Part, around: Scope) -> Iteration | None:
    """The iteration of a repeat that a part alone makes up."""
    scope = part.child.scope if part.child is not None else part.node.scope if part.node else None
    while scope is not None and scope is not around and scope.kind != "iteration":
        scope = scope.parent
    if scope is None or scope.kind != "iteration" or scope.parent is None:
        return None
    repeat = scope.parent
    if repeat.count is None or isinstance(repeat.count, Fixed):
        return None
    iterations = [item for item in repeat.items if isinstance(item, Scope)]
    return Iteration(repeat.key, iterations.index(scope), repeat.count)


def scopes_of(module: Module, classes: Mapping[Module, Any]) -> Iterator[Scope]:
    """The scopes that belong to a class: its own, and those inside that have no class."""
    others = {inner.scope.key for part in module.parts for inner in _classed(part, classes)}
    stack = [module.scope]
    while stack:
        scope = stack.pop()
        yield scope
        stack += [s for s in scope.items if isinstance(s, Scope) and s.key not in others]


def _classed(part: Part, classes: Mapping[Module, Any]) -> Iterator[Module]:
    if part.child is not None:
        if part.child in classes:
            yield part.child
        else:
            for inner in part.child.parts:
                yield from _classed(inner, classes)
