"""What a part is called: an op as figures write it, a block with the arguments it was given."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archdsl.diagnostics.suggest import clip
from archdsl.ir import Node, Scope
from archdsl.ops.base import shown

LONGEST = 40  # characters of a caption; all of it is in the hover
LONGEST_VALUE = 18
MOST_NAMED = 4  # arguments; with more, their names would hide their values


def title_of(scope: Scope) -> str:
    """`bottleneck` for a call of that block; the word of the language for anything else."""
    if scope.kind == "iteration" and scope.name is not None:
        return f"{scope.title} {scope.name}"
    return scope.title if scope.kind in ("block", "network") else scope.kind


def name_of(item: Scope | Node) -> str:
    """The author's label; nothing where it was not given, or repeats what the thing is."""
    name = item.name or ""
    said = item.op.word if isinstance(item, Node) else item.title
    counted = name.rstrip("0123456789_") in ("", said) and item.label is None
    return "" if counted or name.isdigit() or name == said else clip(name, LONGEST)


def own_name(item: Scope | Node) -> str:
    """The label that makes an item another one than its equal neighbour: none in a repeat."""
    around = item.scope if isinstance(item, Node) else item.parent
    counted = around is not None and around.kind == around.title == "iteration"
    return "" if counted or item.label is None else item.label


def arguments_of(scope: Scope) -> str:
    """`64, stride=2`: what a call says that it could not have left out, or that is not usual.

    Blocks and values of the graph are left out: they are parts of their own.
    """
    given = {
        name: value
        for name, value in scope.arguments.items()
        if isinstance(value, (bool, int, float, str, list, tuple))
        and (name not in scope.defaults or str(value) != str(scope.defaults[name]))
    }
    named = len(given) <= MOST_NAMED
    said = [
        f"{name}={_value(value)}" if number and named else _value(value)
        for number, (name, value) in enumerate(given.items())
    ]
    return clip(", ".join(said), LONGEST)


def holds(titles: Iterable[tuple[str, int]]) -> str:
    """`3 bottleneck` for a closed part: what there is most of in it, with its number."""
    counts: dict[str, int] = {}
    for title, times in titles:
        counts[title] = counts.get(title, 0) + times
    if not counts:
        return ""
    most = max(counts, key=lambda title: counts[title])
    return f"{counts[most]} × {most}" if counts[most] > 1 else most


def _value(value: Any) -> str:
    if isinstance(value, list):
        return clip(f"[{', '.join(_value(each) for each in value)}]", LONGEST_VALUE)
    return clip(shown(value), LONGEST_VALUE)
