"""Splits: functions that cut one value into equal pieces become one part with several results.

y = torch.narrow(x, 1, 0, 4)
x = torch.narrow(x, 1, 4, 4)    ⇒    y, x = torch.chunk(x, 2, 1)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from archdsl.backends.torch.outline import Module, Part
from archdsl.ops.torch_form import TorchForm, call

CUT = "torch.narrow"


def with_splits(module: Module) -> Module:
    """A copy of a tree of modules in which splits are one part."""
    parts = [
        part if part.child is None else replace(part, child=with_splits(part.child))
        for part in module.parts
    ]
    return replace(module, parts=_joined(parts))


def _joined(parts: Sequence[Part]) -> list[Part]:
    """The parts of one module, each split in the place of its first piece."""
    pieces: dict[int, list[Part]] = defaultdict(list)
    for part in parts:
        if _cuts(part):
            pieces[part.inputs[0]].append(part)
    splits = {group[0]: group for group in pieces.values() if _tiles(group)}
    others = {part for group in splits.values() for part in group[1:]}
    return [
        _split(splits[part]) if part in splits else part for part in parts if part not in others
    ]


def _cuts(part: Part) -> bool:
    function = part.form.function
    return function is not None and function.function == CUT and not part.labelled


def _range(part: Part) -> tuple[int, int]:
    """The first channel that a piece takes, and how many."""
    assert part.form.function is not None
    _, start, length = (arg.value for arg in part.form.function.args)
    return start, length


def _tiles(group: Sequence[Part]) -> bool:
    """Whether pieces are equal and make up the whole value, each channel once."""
    size = _range(group[0])[1]
    starts = sorted(_range(part)[0] for part in group)
    equal = all(_range(part)[1] == size for part in group)
    whole = starts == list(range(0, group[0].in_channels or 0, size))
    return len(group) > 1 and equal and whole


def _split(group: Sequence[Part]) -> Part:
    ordered = sorted(group, key=_range)
    outputs = tuple(part.outputs[0] for part in ordered)
    form = TorchForm(function=call("torch.chunk", len(group), 1))
    return replace(group[0], outputs=outputs, form=form)
