"""Captions of parts: an op as figures write it, a block with its arguments."""

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
    """Return `bottleneck` for a call of that block, or the language's word for another scope."""
    if scope.kind == "iteration" and scope.name is not None:
        return f"{scope.title} {scope.name}"
    return scope.title if scope.kind in ("block", "network") else scope.kind


def name_of(item: Scope | Node) -> str:
    """Return the author's label; nothing where it is automatic or repeats the title."""
    name = item.name or ""
    word = item.op.word if isinstance(item, Node) else item.title
    counted = name.rstrip("0123456789_") in ("", word) and item.label is None
    return "" if counted or name.isdigit() or name == word else clip(name, LONGEST)


def own_name(item: Scope | Node) -> str:
    """Return the label that distinguishes an item from an equal neighbour; none in a repeat."""
    around = item.scope if isinstance(item, Node) else item.parent
    counted = around is not None and around.kind == around.title == "iteration"
    return "" if counted or item.label is None else item.label


def arguments_of(scope: Scope) -> str:
    """Return the arguments of a call that are required or differ from their defaults.

    As in `64, stride=2`. Blocks and values of the graph are left out: they are parts of their own.
    An argument after an omitted one is written with its name.
    """
    given = {
        name: value
        for name, value in scope.arguments.items()
        if _plain(value) and not (name in scope.defaults and _same(value, scope.defaults[name]))
    }
    texts: list[str] = []
    in_place = True
    for name, value in scope.arguments.items():
        in_place = in_place and name in given
        if name not in given:
            continue
        named = not in_place or (texts and len(given) <= MOST_NAMED)
        texts.append(f"{name}={_value(value)}" if named else _value(value))
    return clip(", ".join(texts), LONGEST)


def holds(titles: Iterable[tuple[str, int]]) -> str:
    """Return `3 × bottleneck` for a closed part: its most frequent content, with its number."""
    counts: dict[str, int] = {}
    for title, times in titles:
        counts[title] = counts.get(title, 0) + times
    if not counts:
        return ""
    most = max(counts, key=lambda title: counts[title])
    return f"{counts[most]} × {most}" if counts[most] > 1 else most


def _plain(value: Any) -> bool:
    """Whether a value consists of numbers, words, sizes, or lists of these."""
    return all(isinstance(each, (bool, int, float, str, tuple)) for each in _leaves(value))


def _same(value: Any, default: Any) -> bool:
    return type(value) is type(default) and list(_leaves(value)) == list(_leaves(default))


def _leaves(value: Any) -> Iterator[Any]:
    """Yield the first items of a list, at any depth; lists that share lists may be huge."""
    return islice(_flat(value), MOST_LEAVES)


def _flat(value: Any) -> Iterator[Any]:
    """Yield all items of a list, with a bracket for each end, so that unequal nesting differs."""
    if not isinstance(value, list):
        yield value
        return
    for each in value:
        yield from _flat(each)
    yield "]"


def _value(value: Any) -> str:
    """Return a value as written, cut where it is long."""
    return clip(_text(value), LONGEST_VALUE)


def _text(value: Any) -> str:
    if not isinstance(value, list):
        return shown(value)
    text = "["
    for number, each in enumerate(value):
        if len(text) > LONGEST_VALUE:
            break
        text += (", " if number else "") + _text(each)
    return text + "]"
