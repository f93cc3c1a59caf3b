"""The choice among ways to compute one thing, by measuring."""

from collections.abc import Callable
from itertools import pairwise
from statistics import median
from time import perf_counter
from typing import Any

import torch
from torch import Tensor


class Choice:
    """Several ways to compute one thing, of which the first is right and the fastest taken.

    They are compared on the first inputs of each shape. None of them may change its inputs.
    """

    def __init__(self, *ways: Callable[..., Tensor]) -> None:
        self.ways = ways
        self.chosen: dict[torch.Size, Callable[..., Tensor]] = {}

    def __call__(self, x: Tensor, *others: Tensor | None) -> Tensor:
        way = self.chosen.get(x.shape)
        if way is None:
            cuda: Any = torch.cuda
            if x.is_cuda and cuda.is_current_stream_capturing():
                return self.ways[0](x, *others)  # nothing can be measured now
            with cuda.device_of(x):
                way = self.chosen[x.shape] = fastest(self.ways, x, *others)
        return way(x, *others)


def fastest(
    ways: tuple[Callable[..., Tensor], ...], *inputs: Tensor | None
) -> Callable[..., Tensor]:
    """The fastest way that computes what the first does, but for rounding.

    The first itself where the others gain less than 2 %: no measurement is as exact.
    """
    expected = ways[0](*inputs)
    right = [way for way in ways[1:] if agrees(way, inputs, expected)]
    if not right:
        return ways[0]
    times = {way: duration(way, inputs, expected) for way in (ways[0], *right)}
    times[ways[0]] *= 0.98
    return min(times, key=times.__getitem__)


def agrees(
    way: Callable[..., Tensor], inputs: tuple[Tensor | None, ...], expected: Tensor
) -> bool:
    """Whether a way works on this device, and finds what is expected.

    cuDNN may multiply what was in its result's memory by nought and add it. So that memory is
    made NaN before, which is within no tolerance.
    """
    # Half precision rounds a result up to three times; single may be transformed (Winograd).
    tolerance = max(4 * torch.finfo(expected.dtype).eps, 1e-4)
    torch.full_like(expected, torch.nan)  # freed at once, for the result to take
    try:
        error = (way(*inputs) - expected).abs().max()
        return bool(error <= tolerance * expected.abs().max())
    except Exception:  # noqa: BLE001, whatever is the matter with it
        return False


def duration(
    way: Callable[..., Tensor], inputs: tuple[Tensor | None, ...], result: Tensor
) -> float:
    """The median time of a call; on a GPU without its launch, which a CUDA graph saves."""
    if not result.is_cuda:
        repeats = range(3)
        times = [perf_counter()]
        for _ in repeats:
            way(*inputs)
            times.append(perf_counter())
        return median(end - start for start, end in pairwise(times))
    cuda: Any = torch.cuda
    repeats = range(7)
    marks = [cuda.Event(enable_timing=True) for _ in (*repeats, None)]
    cuda._sleep(2_000_000)  # cycles, in which all launches are queued
    marks[0].record()
    for mark in marks[1:]:
        way(*inputs)
        mark.record()
    cuda.synchronize()
    return float(median(start.elapsed_time(end) for start, end in pairwise(marks)))
