"""Drop paths: what leads only to a path goes directly before its sum, under the path's coin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from archdsl.backends.torch.forward.order import ClosePath, Item, OpenPath, Order, Step


def under_coins(order: Order) -> Order:
    """The order with every path directly before the sum that it belongs to."""
    return replace(order, items=tuple(_items(order, _paths(order))))


def _items(order: Order, paths: Mapping[Step, _Path]) -> Iterator[Item]:
    """The steps, each path inside another or on its own; not recursive, since paths nest freely."""
    inside = {step for path in paths.values() for step in path.steps}
    ends = {path.end for path in paths.values()}
    stack: list[Iterator[Step]] = [(step for step in order.steps if step not in inside)]
    opened: list[Step] = []
    while stack:
        step = next(stack[-1], None)
        if step is None:
            stack.pop()
            if stack:
                yield ClosePath(opened.pop())
        elif step in paths:
            path = paths[step]
            yield OpenPath(step, path.end.path or "")
            opened.append(step)
            stack.append(iter(path.steps))
        else:
            yield replace(step, method=".scaled") if step in ends else step


@dataclass(frozen=True)
class _Path:
    """The steps of a path except those of paths inside it, and how often it reads each other."""

    end: Step
    steps: tuple[Step, ...]
    reads: Mapping[Step, int]


def _paths(order: Order) -> dict[Step, _Path]:
    """The paths by their sums: a path takes in every step whose values nothing else reads."""
    results = {*order.results, *order.aside}
    places = {step: place for place, step in enumerate(order.steps)}
    makers = {number: step for step in order.steps for number in step.part.outputs}
    readers = Counter(made for step in order.steps for made in _operands(step, makers))
    found: dict[Step, _Path] = {}
    for total in order.steps:
        if total.part.skipped is None:
            continue
        end = makers[ClosePath(total).left_out]
        inside: dict[Step, None] = {}
        reads: Counter[Step] = Counter()
        waiting = [end]
        while waiting:
            step = waiting.pop()
            inside[step] = None
            read = Counter(_operands(step, makers))
            if step in found:  # the sum of a path inside
                read.pop(found[step].end)
                read.update(found[step].reads)
            for made, count in read.items():
                reads[made] += count
                if reads[made] == readers[made] and results.isdisjoint(made.part.outputs):
                    waiting.append(made)
        others = {made: count for made, count in reads.items() if made not in inside}
        found[total] = _Path(end, tuple(sorted(inside, key=places.__getitem__)), others)
    return found


def _operands(step: Step, makers: Mapping[int, Step]) -> Iterator[Step]:
    return (makers[number] for number in step.reads if number in makers)
