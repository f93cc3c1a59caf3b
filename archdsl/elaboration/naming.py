"""Names of layers: the path of labels is the `state_dict` key, so its rules are a contract.

They are in docs/language.md, section "Names"; the numbers of rules in comments are those there.
"""

from __future__ import annotations

import keyword
from collections import Counter
from collections.abc import Iterator

from archdsl.diagnostics import Diagnostic, Reported, Sink, label_errors
from archdsl.ir import Graph, Node, Scope, frames
from archdsl.reserved import MODULE_ATTRIBUTES


def why_reserved(name: str) -> str | None:
    """Why a name cannot be a module's in PyTorch; None when it can."""
    if keyword.iskeyword(name):
        return "it is a keyword of Python"
    if name in MODULE_ATTRIBUTES:
        return "every PyTorch module has an attribute of this name"
    return None


def opens(scope: Scope) -> bool:
    """Whether a scope has labels of its own: rule 2."""
    if scope.kind in ("network", "block", "aux") or scope.label is not None:
        return True
    return scope.kind == "iteration" and scope.parent is not None and opens(scope.parent)


def assign_names(graph: Graph, sink: Sink) -> Reported | None:
    """Give every node and every scope with a level its name; report the names used twice."""
    graph.root.name = graph.name
    clash: Reported | None = None
    stack = [graph.root]
    while stack:
        scope = stack.pop()
        items = _items(scope)
        for problem in _name_items(scope, items):
            clash = sink.add(problem)
        stack += [item for item, _ in items if isinstance(item, Scope)]
    return clash


def _items(scope: Scope) -> list[tuple[Node | Scope, str | None]]:
    """The items of a level, each with its label or the number of its iteration (rule 3)."""
    found: list[tuple[Node | Scope, str | None]] = []
    iterations = 0
    for item in scope.items:
        if isinstance(item, Node):
            found.append((item, item.label))
        elif not opens(item):
            found += _items(item)
        elif item.kind == "iteration":
            found.append(_alone(item, str(iterations)))
            iterations += 1
        else:
            found.append(_alone(item, item.label))
    return found


def _alone(scope: Scope, label: str | None) -> tuple[Node | Scope, str | None]:
    """The only item of a scope that needs no level for it, else the scope; with its label.

    Rules 4 and 5. No count of a repeat changes the levels of what it repeats.
    """
    if scope.kind == "block" or _repeats(scope):
        return scope, label
    inner = _items(scope)
    if len(inner) != 1:
        return scope, label
    item, own = inner[0]
    if own is None:
        return item, label
    return (item, own) if scope.kind == "iteration" else (scope, label)


def _repeats(scope: Scope) -> bool:
    """Whether a level holds iterations, numbered or written out."""
    inner = (item for item in scope.items if isinstance(item, Scope))
    return any(
        item.kind in ("repeat", "dense", "iteration") or _repeats(item)
        for item in inner
        if item.kind == "iteration" or not opens(item)
    )


def _name_items(scope: Scope, items: list[tuple[Node | Scope, str | None]]) -> Iterator[Diagnostic]:
    """Name the items of one level by rules 1, 6 and 7; yields a message for a name used twice."""
    numbered = scope.parent is not None and _is_chain(scope, items)
    ordinals: Counter[str] = Counter()
    taken: dict[str, Node | Scope] = {}
    for position, (item, label) in enumerate(items):
        if label is not None:
            name = label
        elif numbered:
            name = str(position)
        else:
            base = item.op.word if isinstance(item, Node) else item.title
            ordinals[base] += 1
            name = base if base == "input" else f"{base}{ordinals[base]}"
        if name in taken:
            yield _collision(scope, name, taken[name], item).at(item.span, frames(scope))
        taken[name] = item
        item.name = name


def _collision(scope: Scope, name: str, first: Node | Scope, second: Node | Scope) -> Diagnostic:
    where = f"`{scope.path or scope.title}`"
    automatic = next((item for item in (second, first) if item.label is None), None)
    if automatic is None and first.span.start == second.span.start:
        return label_errors.iterations_of_one_label(name, where)
    if automatic is None:
        return label_errors.label_twice(name, where, first.span, repeated=False)
    labelled = first if automatic is second else second
    word = automatic.op.word if isinstance(automatic, Node) else automatic.title
    return label_errors.automatic_twice(name, where, labelled.span, word)


def _is_chain(scope: Scope, items: list[tuple[Node | Scope, str | None]]) -> bool:
    """One unlabelled chain: no label, no merge, no branch."""
    return all(label is None for _, label in items) and not _branches(scope)


def _branches(scope: Scope) -> bool:
    for item in scope.items:
        if isinstance(item, Node):
            if item.op.many:
                return True
        elif item.kind == "branch" or (not opens(item) and _branches(item)):
            return True
    return False
