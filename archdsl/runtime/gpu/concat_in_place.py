"""Concatenation in place: parts are written where the whole value has them, and not copied."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from archdsl.runtime.gpu.autotune import Autotuned
from archdsl.runtime.layers.channels import put
from archdsl.runtime.replay.operations import Name, Step, leaves

Like = Mapping[Name, tuple[Any, ...]]  # shape, type and device of each value


def concat_in_place(steps: Sequence[Step], like: Like, result: Any) -> list[Step]:
    """Return steps in which autotuned layers write the parts of a value into that value.

    before:  a = tuned(x)             after:  y = empty(...)
             b = tuned(x)                     a = tuned(x, out=(narrow(y, 1, 0, 64),))
             y = cat([a, b], 1)               b = tuned(x, out=(narrow(y, 1, 64, 64),))

    A dense block has such a value already, into which its parts are `put`. Where only the
    first channels of a result are such a part, the others get memory of their own. Layers
    are not autotuned on a CPU, where this was slower.
    """
    uses = Counter(name for step in steps for name in step.read)
    uses.update(leaves(result, Name))
    parts = possible(steps, uses)
    known = set(parts.values())
    steps = [each for step in steps for each in separate(step, like, known)]
    empty = {step.result: step for step in steps if step.function is torch.empty}
    puts = [step.args for step in steps if step.function is put]
    places = {part: at for *at, part in puts if part in known and at[0] in empty}
    rests: dict[Name, tuple[Name, int]] = {}
    found: list[Step] = []
    for step in steps:
        if step.function is put and step.args[2] in places:
            continue
        if isinstance(step.function, Autotuned) and parts.get(step.result) in places:
            part = parts[step.result]
            value, start = places[part]
            if value in empty:
                found.append(empty.pop(value))
            out = [Name(f"{part}_place")]
            count = like[part][0][1]
            found.append(Step(torch.narrow, (value, 1, start, count), {}, out[0]))
            if part != step.result:
                out.append(Name(f"{step.result}_rest"))
                rests[step.result] = out[1], count
                others = like[step.result][0][1] - count
                found.append(memory(like[step.result], out[1], others))
            step = replace(step, keywords={"out": tuple(out)})
        elif step.function is Tensor.narrow and step.args[0] in rests:
            if step.result in places:
                continue
            rest, count = rests[step.args[0]]
            axis, first, length = step.args[1:]
            step = replace(step, args=(rest, axis, first - count, length))
        if step.function is torch.empty and empty.pop(step.result, None) is None:
            continue  # it was moved up
        found.append(step)
    return found


def possible(steps: Sequence[Step], uses: Mapping[Name, int]) -> dict[Name, Name]:
    """Map the result of each autotuned layer to what may be a part of another value.

    That is the whole result where it is read once; its first channels where they are read
    once and overlap no other slice.
    """
    slices: dict[Name, list[tuple[int, int, Name]]] = defaultdict(list)
    for step in steps:
        if step.function is Tensor.narrow and step.args[1] == 1:
            name, _, start, count = step.args
            slices[name].append((start, count, step.result))
    found = {}
    for name in (step.result for step in steps if isinstance(step.function, Autotuned)):
        if uses[name] == 1:
            found[name] = name
        elif len(slices[name]) == uses[name]:
            (start, count, part), *others = sorted(slices[name])
            apart = all(other >= count for other, *_ in others)
            if start == 0 and uses[part] == 1 and apart:
                found[name] = part
    return found


def memory(like: tuple[Any, ...], name: Name, channels: int) -> Step:
    """Return the step that allocates a value."""
    (images, _, *size), dtype, device = like
    layout = torch.channels_last if len(size) == 2 else torch.contiguous_format
    keywords = {"dtype": dtype, "device": device, "memory_format": layout}
    return Step(torch.empty, (torch.Size((images, channels, *size)),), keywords, name)


def separate(step: Step, like: Like, parts: set[Name]) -> list[Step]:
    """Replace a concatenation of channels that has `parts` by an allocation and copies."""
    if step.function is not torch.cat or step.args[1:] != (1,):
        return [step]
    if parts.isdisjoint(step.args[0]) or not like.keys() >= set(step.args[0]):
        return [step]
    widths = [like[part][0][1] for part in step.args[0]]
    steps, start = [memory(like[step.result], step.result, sum(widths))], 0
    for part, width in zip(step.args[0], widths, strict=True):
        steps.append(Step(put, (step.result, start, part), {}, None))
        start += width
    return steps
