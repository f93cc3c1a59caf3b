"""What a part is called: an op as figures write it, a block with the arguments it was given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from archdsl.diagnostics.suggest import clip
from archdsl.ir import Node, Scope
from archdsl.ops.notation import shown

LONGEST = 40  # characters of a caption; all of it is in the hover
LONGEST_VALUE = 18
MOST_LEAVES = 10_000  # of a list that are compared with the default
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

    Blocks and values of the graph are left out: they are parts of their own. An argument after
    one that is left out has its name, so that it is not read as that one.
    """
    given = {
        name: value
        for name, value in scope.arguments.items()
        if _plain(value) and not (name in scope.defaults and _same(value, scope.defaults[name]))
    }
    said: list[str] = []
    in_place = True
    for name, value in scope.arguments.items():
        in_place = in_place and name in given
        if name not in given:
            continue
        named = not in_place or (said and len(given) <= MOST_NAMED)
        said.append(f"{name}={_value(value)}" if named else _value(value))
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


def _plain(value: Any) -> bool:
    """Whether a value is numbers, words, sizes, or a list of such."""
    return all(isinstance(each, (bool, int, float, str, tuple)) for each in _leaves(value))


def _same(value: Any, default: Any) -> bool:
    return type(value) is type(default) and list(_leaves(value)) == list(_leaves(default))


def _leaves(value: Any) -> Iterator[Any]:
    """The first of what a list holds, at any depth: lists that share lists may be huge."""
    return islice(_flat(value), MOST_LEAVES)


def _flat(value: Any) -> Iterator[Any]:
    """All that a list holds, with a bracket for each end, so that unequal nesting differs."""
    if not isinstance(value, list):
        yield value
        return
    for each in value:
        yield from _flat(each)
    yield "]"


def _value(value: Any) -> str:
    """A value as written, cut where nobody would read on."""
    return clip(_text(value), LONGEST_VALUE)


def _text(value: Any) -> str:
    if not isinstance(value, list):
        return shown(value)
    said = "["
    for number, each in enumerate(value):
        if len(said) > LONGEST_VALUE:
            break
        said += (", " if number else "") + _text(each)
    return said + "]"
