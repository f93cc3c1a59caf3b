"""The tensors of a trained network as an engine's file lists them: shapes by patterns of names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from archdsl.ir import Graph
from archdsl.ops import Shape

COUNTER = "num_batches_tracked"  # of every batch norm; no engine reads it


@dataclass(frozen=True)
class Tensors:
    """Shapes by patterns of names: what evaluation needs, and what it does not."""

    needed: Mapping[str, Shape]
    unused: Mapping[str, Shape]


def tensors_of(graph: Graph) -> Tensors:
    """The tensors of a network as it was written, before passes."""
    evaluated = graph.evaluated()
    needed: list[tuple[str, Shape]] = []
    unused: list[tuple[str, Shape]] = []
    for node in graph.nodes:
        names: dict[Shape, list[str]] = {}
        for weight in node.op.weights(graph.operands(node)):
            if weight.name != COUNTER:
                names.setdefault(weight.shape, []).append(weight.name)
        for shape, alike in names.items():
            some = f"{{{','.join(alike)}}}" if len(alike) > 1 else alike[0]
            (needed if node.id in evaluated else unused).append((f"{node.path}.{some}", shape))
    return Tensors(patterns(needed), patterns(unused))


def patterns(tensors: Iterable[tuple[str, Shape]]) -> dict[str, Shape]:
    """Shapes by names, those that count on from one another as one: `layer1.{0..2}.conv2`."""
    found = [(_parts(name), shape) for name, shape in tensors]
    most = max((len(parts) for parts, _ in found), default=0)
    for position in reversed(range(most)):
        found = _merged(found, position)
    return {"".join(parts): shape for parts, shape in found}


Named = tuple[tuple[str, ...], Shape]  # a name in parts, every number one of its own


def _parts(name: str) -> tuple[str, ...]:
    """A name between its numbers; the list of a norm's tensors has none."""
    return tuple(re.split(r"(?<!\d)(0|[1-9]\d*)(?!\d)", name))


def _merged(tensors: Sequence[Named], position: int) -> list[Named]:
    """Merge runs of names that differ in one number, by one, into one pattern."""
    if position % 2 == 0:
        return list(tensors)
    groups: dict[object, list[int]] = {}
    for parts, shape in tensors:
        if position < len(parts) and parts[position].isdigit():
            around = (parts[:position], parts[position + 1 :], shape)
            groups.setdefault(around, []).append(int(parts[position]))
    runs = {around: _runs(numbers) for around, numbers in groups.items()}
    found: dict[Named, None] = {}
    for parts, shape in tensors:
        if position < len(parts) and parts[position].isdigit():
            before, after = parts[:position], parts[position + 1 :]
            run = runs[before, after, shape][int(parts[position])]
            parts = (*before, run, *after)
        found[parts, shape] = None
    return list(found)


def _runs(numbers: Sequence[int]) -> dict[int, str]:
    """For each number a pattern of the numbers without a gap around it."""
    ordered = sorted(set(numbers))
    starts = [i for i, number in enumerate(ordered) if not i or number > ordered[i - 1] + 1]
    found: dict[int, str] = {}
    for start, end in zip(starts, [*starts[1:], len(ordered)], strict=True):
        first, last = ordered[start], ordered[end - 1]
        pattern = f"{{{first}..{last}}}" if first < last else str(first)
        found |= dict.fromkeys(ordered[start:end], pattern)
    return found
