"""The tensors of a trained network as an engine's file lists them: a table, a row a line.

A row is a place, and the name and the shape of each tensor there:

    layer[1..4].0 conv1.weight [64,128,256,512]x[64,256,512,1024]x1x1 bn1.*
    layer1.{1..2} conv1.weight 64x256x1x1 bn1.*

Braces list every number, and brackets columns: all brackets of a row advance together.
`*` lists the tensors of a batch norm. A tensor without a shape has as many numbers as the
one before it has channels.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

from archdsl.ir import Graph
from archdsl.ops import Shape

COUNTER = "num_batches_tracked"  # of every batch norm; no engine reads it
STATISTICS = ("weight", "bias", "running_mean", "running_var")  # of a batch norm: `*`
NUMBER = re.compile(r"(?<!\d)((?:0|[1-9]\d*)[a-z]?)(?![\da-z])")  # `3`, or `3a` of Inception
WIDTH = 104  # of a row
COLUMNS = 64  # of a row whose numbers are no progression
ORDERS = 3  # numbers in a name whose every order is tried


@dataclass(frozen=True)
class Tensors:
    """Tables: what evaluation needs, and what it does not."""

    needed: tuple[str, ...]
    unused: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """A row; every second part of `place` and each extent of a shape is a number or a pattern.

    `first` is the position of its first tensor in the network.
    """

    place: tuple[str, ...]
    names: tuple[str, ...]
    shapes: tuple[tuple[str, ...], ...]
    first: int

    @property
    def text(self) -> str:
        words = ["".join(self.place)]
        channels: tuple[str, ...] = ()
        for name, shape in zip(self.names, self.shapes, strict=True):
            implied = shape and shape == channels
            words += [name] if implied else [name, "x".join(shape) or "()"]
            channels = shape[:1]
        return " ".join(filter(None, words))

    @property
    def has_columns(self) -> bool:
        return any("[" in part for parts in (self.place, *self.shapes) for part in parts)


Layer = tuple[str, Mapping[str, Shape]]  # a path, and shapes by the names of tensors


def tensors_of(graph: Graph) -> Tensors:
    """Return the tensors of a network as it was written, before passes."""
    evaluated = graph.evaluated()
    needed: list[Layer] = []
    unused: list[Layer] = []
    for node in graph.nodes:
        weights = node.op.weights(graph.operands(node))
        shapes = {weight.name: weight.shape for weight in weights if weight.name != COUNTER}
        if shapes:
            (needed if node.id in evaluated else unused).append((node.path, shapes))
    return Tensors(table(needed), table(unused))


def table(layers: Iterable[Layer]) -> tuple[str, ...]:
    """Return the rows for layers; rows of equal form, which have equal kernels, are merged."""
    alike: dict[object, list[Row]] = {}
    for row in _paired(layers):
        kernels = tuple((len(shape), shape[2:]) for shape in row.shapes)
        form = (row.place[::2], row.names, kernels)
        alike.setdefault(form, []).append(row)
    rows = [row for group in alike.values() for row in _shortest(group)]
    return tuple(row.text for row in sorted(rows, key=lambda row: row.first))


def _paired(layers: Iterable[Layer]) -> list[Row]:
    """Return a row a layer; a batch norm and the layer beside it share one."""
    rows: list[Row] = []
    before: tuple[str, Row, bool] | None = None
    for index, (path, tensors) in enumerate(layers):
        parent, _, name = path.rpartition(".")
        names, shapes = _abridged(tensors)
        norm = names == ("*",)
        row = Row(_parts(path), names, shapes, index)
        inside = Row(_parts(parent), tuple(f"{name}.{x}" for x in names), shapes, index)
        if before is not None and before[0] == parent and norm != before[2]:
            last = before[1]
            both = last.names + inside.names
            rows[-1] = replace(last, names=both, shapes=last.shapes + shapes)
            before = None
        else:
            rows.append(row)
            before = (parent, inside, norm)
    return rows


def _abridged(tensors: Mapping[str, Shape]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return names and shapes; those of a batch norm are one name."""
    shapes = tuple(tuple(map(str, shape)) for shape in tensors.values())
    if tuple(tensors) == STATISTICS and len(set(shapes)) == 1:
        return ("*",), shapes[:1]
    return tuple(tensors), shapes


def _parts(path: str) -> tuple[str, ...]:
    return tuple(NUMBER.split(path))


def _shortest(rows: list[Row]) -> list[Row]:
    """Merge rows of one form, in the order of numbers and marks that leaves the fewest."""
    numbers = range(1, len(rows[0].place), 2)
    orders = [numbers, numbers[::-1]] if len(numbers) > ORDERS else permutations(numbers)
    found = []
    for order in orders:
        for merges in ((_braces, _brackets), (_brackets, _braces)):
            merged = rows
            for merge in merges:
                for position in order:
                    merged = merge(merged, position)
            found.append(merged)
    return min(found, key=lambda merged: (len(merged), sum(len(row.text) for row in merged)))


# ------------------------------------------------------------------ braces: every number


def _braces(rows: list[Row], position: int) -> list[Row]:
    """Merge runs of rows that differ in one number alone, by one."""
    groups: dict[object, list[Row]] = {}
    for row in rows:
        number = row.place[position]
        around = (row.place[:position], row.place[position + 1 :], row.shapes)
        groups.setdefault(around if number.isdigit() else row, []).append(row)
    return [_run(run, position) for group in groups.values() for run in _runs(group, position)]


def _runs(rows: list[Row], position: int) -> Iterator[list[Row]]:
    """Split rows where their numbers do not count on."""
    ordered = sorted(rows, key=lambda row: row.place[position].zfill(20))
    run = ordered[:1]
    for row in ordered[1:]:
        if int(row.place[position]) != int(run[-1].place[position]) + 1:
            yield run
            run = []
        run.append(row)
    yield run


def _run(rows: list[Row], position: int) -> Row:
    if len(rows) == 1:
        return rows[0]
    pattern = f"{{{rows[0].place[position]}..{rows[-1].place[position]}}}"
    place = (*rows[0].place[:position], pattern, *rows[0].place[position + 1 :])
    return replace(rows[0], place=place, first=min(row.first for row in rows))


# ------------------------------------------------------------------ brackets: columns


def _brackets(rows: list[Row], position: int) -> list[Row]:
    """Merge rows that differ in one number, in patterns and in shapes."""
    groups: dict[object, list[Row]] = {}
    for row in rows:
        others = [x for i, x in enumerate(row.place) if i != position and "{" not in x]
        groups.setdefault(row if row.has_columns else tuple(others), []).append(row)
    found: list[Row] = []
    for group in groups.values():
        distinct = len({row.place[position] for row in group}) == len(group)
        found += _wrapped(group) if distinct else group
    return found


def _wrapped(rows: list[Row]) -> Iterator[Row]:
    """Merge as many rows at a time as one line holds."""
    whole = _columns(rows)
    if len(whole.text) <= WIDTH:
        yield whole
        return
    chunk: list[Row] = []
    for row in rows:
        if chunk and (len(chunk) == COLUMNS or len(_columns([*chunk, row]).text) > WIDTH):
            yield _columns(chunk)
            chunk = []
        chunk.append(row)
    yield _columns(chunk)


def _columns(rows: list[Row]) -> Row:
    """Return a row with a column for each of some rows."""
    place = _listed([row.place for row in rows])
    shapes = tuple(_listed(alike) for alike in zip(*(row.shapes for row in rows), strict=True))
    return replace(rows[0], place=place, shapes=shapes, first=min(row.first for row in rows))


def _listed(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    return tuple(map(_list, zip(*rows, strict=True)))


def _list(values: Sequence[str]) -> str:
    """Return a value that all rows share, or all as a list: `[64,128,512]`, `[64..224..32]`."""
    if len(set(values)) == 1:
        return values[0]
    listed = ",".join(values)
    if len(values) > 2 and all(map(str.isdigit, values)):
        first, second, *_, last = map(int, values)
        step = second - first
        if step > 0 and list(map(int, values)) == list(range(first, last + 1, step)):
            listed = min(listed, f"{first}..{last}" + f"..{step}" * (step > 1), key=len)
    return f"[{listed}]"
