"""The choice among ways to compute one thing, by measuring."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import pairwise
from statistics import median
from time import perf_counter
from typing import Any

import torch
from torch import Tensor
from torch.overrides import handle_torch_function, has_torch_function


class Choice:
    """Several ways to compute one thing, of which the first is right and the fastest taken.

    They are compared on the first inputs of each shape. None of them may change its inputs.
    A result that is part of a larger value is written there, or copied: `parts` are ways that
    are tried only then. `out` are the places of its channels, one or more.
    """

    def __init__(
        self,
        *ways: Callable[..., Tensor],
        parts: Iterable[Callable[..., Tensor]] = (),
    ) -> None:
        self.ways = ways
        self.parts = tuple(dict.fromkeys([*ways, *parts]))
        self.chosen: dict[object, Callable[..., Tensor]] = {}

    def __call__(
        self, x: Tensor, *others: Tensor | None, out: tuple[Tensor, ...] | None = None
    ) -> Tensor:
        if has_torch_function((x,)):  # for a recorder this is one operator
            recorded: Tensor = handle_torch_function(self, (x,), x, *others, out=out)
            return recorded
        case = x.shape if out is None else (x.shape, *(part.stride() for part in out))
        place = {} if out is None else {"out": out}
        way = self.chosen.get(case)
        if way is None:
            cuda: Any = torch.cuda
            if x.is_cuda and cuda.is_current_stream_capturing():
                # Nothing can be measured now.
                return self.ways[0](x, *others, **place)
            ways = self.ways if out is None else self.parts
            with cuda.device_of(x):
                way = self.chosen[case] = fastest(ways, x, *others, **place)
        return way(x, *others, **place)


def stored(y: Tensor, out: tuple[Tensor, ...] | None) -> Tensor:
    """A result, which is also put where it is to be."""
    if out is not None:
        parts = torch.split(y, [place.shape[1] for place in out], dim=1)
        for place, part in zip(out, parts, strict=True):
            place.copy_(part)
    return y


def fastest(
    ways: tuple[Callable[..., Tensor], ...],
    *inputs: Tensor | None,
    **place: tuple[Tensor, ...],
) -> Callable[..., Tensor]:
    """The fastest way that computes what the first does, but for rounding.

    The first itself where the others gain less than 2 %: no measurement is as exact.
    """
    expected = ways[0](*inputs)
    right = [way for way in ways[1:] if agrees(way, inputs, expected, **place)]
    if not right:
        return ways[0]
    calls = [partial(way, *inputs, **place) for way in (ways[0], *right)]
    on_gpu = expected.is_cuda
    first, *times = map(duration, calls) if on_gpu else durations(calls)
    best = min(times)
    return right[times.index(best)] if best < 0.98 * first else ways[0]


def agrees(
    way: Callable[..., Tensor],
    inputs: tuple[Tensor | None, ...],
    expected: Tensor,
    **place: tuple[Tensor, ...],
) -> bool:
    """Whether a way works on this device, and finds what is expected.

    cuDNN may multiply what was in its result's memory by nought and add it. So that memory is
    made NaN before, which is within no tolerance.
    """
    # Half precision rounds a result up to three times; single may be transformed (Winograd).
    tolerance = max(4 * torch.finfo(expected.dtype).eps, 1e-4)
    torch.full_like(expected, torch.nan)  # freed at once, for the result to take
    out = place.get("out", ())
    for part in out:
        part.fill_(torch.nan)
    try:
        found = way(*inputs, **place)
        error = ((torch.cat(out, 1) if out else found) - expected).abs().max()
        return bool(error <= tolerance * expected.abs().max())
    except Exception:  # noqa: BLE001, whatever is the matter with it
        return False


def durations(calls: Sequence[Callable[[], Tensor]]) -> list[float]:
    """The shortest times of calls on a CPU, in turn: others may use it for a while."""
    rounds = []
    for _ in range(3):
        times = [perf_counter()]
        for call in calls:
            call()
            times.append(perf_counter())
        rounds.append([end - start for start, end in pairwise(times)])
    return [min(times) for times in zip(*rounds, strict=True)]


def duration(call: Callable[[], Tensor]) -> float:
    """The median time of a call on a GPU, without its launch, which a CUDA graph saves."""
    cuda: Any = torch.cuda
    repeats = range(7)
    marks = [cuda.Event(enable_timing=True) for _ in (*repeats, None)]
    cuda._sleep(2_000_000)  # cycles, in which all launches are queued
    marks[0].record()
    for mark in marks[1:]:
        call()
        mark.record()
    cuda.synchronize()
    return float(median(start.elapsed_time(end) for start, end in pairwise(marks)))
