"""Parts of one value, computed where they are to be: no concatenation copies them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from archdsl.backends.torch.support.choice import Choice
from archdsl.backends.torch.support.images import put
from archdsl.backends.torch.support.steps import Name, Step, leaves


def together(
    steps: Sequence[Step], like: Mapping[Name, tuple[Any, ...]], result: Any
) -> list[Step]:
    """Steps in which a `Choice` writes what is but a part of a value into that value.

    before:  a = choice(x)            after:  y = empty(...)
             b = choice(x)                    a = choice(x, out=narrow(y, 1, 0, 64))
             y = cat([a, b], 1)               b = choice(x, out=narrow(y, 1, 64, 64))

    A dense block has such a value already, where its parts are `put`. `like` has the shape,
    type and device of each value. There is no choice on a CPU, where this was slower.
    """
    uses = Counter(name for step in steps for name in step.read)
    uses.update(leaves(result, Name))
    choices = [step.result for step in steps if isinstance(step.function, Choice)]
    parts = {name for name in choices if uses[name] == 1}
    steps = [each for step in steps for each in separate(step, like, parts)]
    empty = {step.result: step for step in steps if step.function is torch.empty}
    puts = [step.args for step in steps if step.function is put]
    places = {part: at for *at, part in puts if part in parts and at[0] in empty}
    found: list[Step] = []
    for step in steps:
        if step.function is put and step.args[2] in places:
            continue
        if isinstance(step.function, Choice) and step.result in places:
            value, start = places[step.result]
            if value in empty:
                found.append(empty.pop(value))
            place = Name(f"{step.result}_place")
            channels = like[step.result][0][1]
            found.append(Step(torch.narrow, (value, 1, start, channels), {}, place))
            step = replace(step, keywords={"out": place})
        if step.function is torch.empty and empty.pop(step.result, None) is None:
            continue  # it has moved up
        found.append(step)
    return found


def separate(
    step: Step, like: Mapping[Name, tuple[Any, ...]], parts: set[Name]
) -> list[Step]:
    """A concatenation of channels, some of them `parts`, as memory and what is put there."""
    if step.function is not torch.cat or step.args[1:] != (1,):
        return [step]
    if parts.isdisjoint(step.args[0]) or not like.keys() >= set(step.args[0]):
        return [step]
    shape, dtype, device = like[step.result]
    layout = torch.channels_last if len(shape) == 4 else torch.contiguous_format
    keywords = {"dtype": dtype, "device": device, "memory_format": layout}
    steps, start = [Step(torch.empty, (shape,), keywords, step.result)], 0
    for part in step.args[0]:
        steps.append(Step(put, (step.result, start, part), {}, None))
        start += like[part][0][1]
    return steps
