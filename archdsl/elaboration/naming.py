"""Names of layers: the path of labels is the `state_dict` key, so these rules are a contract.

1. A label wins.
2. A scope whose items are one unlabelled chain numbers them 0, 1, 2 …, except the network's own.
3. In any other scope an unlabelled layer is its op's or block's name and its ordinal among those.
4. Scopes are: network, block call, labelled group, labelled repeat (its iterations are its items,
   numbered). A group or iteration of one item is that item. Branches, skips, inline blocks and an
   unlabelled repeat open none.
"""

from __future__ import annotations

import keyword
from collections import Counter
from collections.abc import Iterator

from archdsl.diagnostics import Diagnostic, Reported, Sink
from archdsl.diagnostics import names as say
from archdsl.ir import Graph, Node, Scope, frames

# Attributes of every `torch.nn.Module`; a test holds the list to PyTorch's.
_ATTRIBUTES = """
    T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda
    double dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter
    get_submodule half ipu load_state_dict modules mtia named_buffers named_children
    named_modules named_parameters parameters register_backward_hook register_buffer
    register_forward_hook register_forward_pre_hook register_full_backward_hook
    register_full_backward_pre_hook register_load_state_dict_post_hook
    register_load_state_dict_pre_hook register_module register_parameter
    register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state
    set_submodule share_memory state_dict to to_empty train training type xpu zero_grad
"""
MODULE_ATTRIBUTES = frozenset(_ATTRIBUTES.split())


def why_reserved(name: str) -> str | None:
    """Why a name cannot be a module's in PyTorch; None when it can."""
    if keyword.iskeyword(name):
        return "it is a keyword of Python"
    if name in MODULE_ATTRIBUTES:
        return "every PyTorch module has an attribute of this name"
    return None


def opens(scope: Scope) -> bool:
    """Whether a scope has labels of its own."""
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
    """What a scope holds at its own level, each with its label or iteration number."""
    found: list[tuple[Node | Scope, str | None]] = []
    iterations = 0
    for item in scope.items:
        label = item.label
        if isinstance(item, Node):
            found.append((item, label))
            continue
        if item.kind == "iteration" and label is None and opens(item):
            label = str(iterations)
            iterations += 1
        if not opens(item):
            found += _items(item)
        elif item.kind != "block":
            inner = _items(item)
            found += [_alone(item, inner, label)] if len(inner) == 1 else [(item, label)]
        else:
            found.append((item, label))
    return found


def _alone(
    scope: Scope, inner: list[tuple[Node | Scope, str | None]], label: str | None
) -> tuple[Node | Scope, str | None]:
    """The one item of a group or iteration; its own label wins over an iteration's number."""
    item, own = inner[0]
    return item, own if scope.kind == "iteration" and own is not None else label


def _name_items(scope: Scope, items: list[tuple[Node | Scope, str | None]]) -> Iterator[Diagnostic]:
    """Name the items of one level; yields a message for each name used twice."""
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
    if automatic is None:
        return say.label_twice(name, where, first.span, first.span.start == second.span.start)
    labelled = first if automatic is second else second
    word = automatic.op.word if isinstance(automatic, Node) else automatic.title
    return say.automatic_twice(name, where, labelled.span, word)


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
