"""Autotuning: run the candidates for one computation and keep the fastest."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import pairwise
from time import perf_counter
from typing import Any

import torch
from torch import Tensor
from torch.overrides import handle_torch_function, has_torch_function

from archdsl.runtime.bounded import Bounded

# Input shapes for which a layer remembers its choice.
TUNED_SHAPES = 64


class Autotuned:
    """Several candidates for one computation; each input shape gets the fastest.

    The first is the reference for the others. They are compared on the first inputs of a
    shape, and must not change them. `out` has the slices of a larger value for the
    result's channels, if it is to be written there; `parts` are further candidates that
    are tried only then.
    """

    def __init__(
        self,
        *candidates: Callable[..., Tensor],
        parts: Iterable[Callable[..., Tensor]] = (),
    ) -> None:
        self.candidates = candidates
        self.parts = tuple(dict.fromkeys([*candidates, *parts]))
        self.chosen: Bounded[object, Callable[..., Tensor]] = Bounded(TUNED_SHAPES)

    def __call__(
        self, x: Tensor, *others: Tensor | None, out: tuple[Tensor, ...] | None = None
    ) -> Tensor:
        if has_torch_function((x,)):  # a recorder sees one operator
            recorded: Tensor = handle_torch_function(self, (x,), x, *others, out=out)
            return recorded
        case = x.shape if out is None else (x.shape, *(part.stride() for part in out))
        place = {} if out is None else {"out": out}
        best = self.chosen.get(case)
        if best is None:
            cuda: Any = torch.cuda
            if x.is_cuda and cuda.is_current_stream_capturing():
                # Nothing can be measured now.
                return self.candidates[0](x, *others, **place)
            candidates = self.candidates if out is None else self.parts
            with cuda.device_of(x):
                best = self.chosen[case] = fastest(candidates, x, *others, **place)
        return best(x, *others, **place)


def stored(y: Tensor, out: tuple[Tensor, ...] | None) -> Tensor:
    """Copy a result into the slices for its channels, if there are any; return it."""
    if out is not None:
        parts = torch.split(y, [place.shape[1] for place in out], dim=1)
        for place, part in zip(out, parts, strict=True):
            place.copy_(part)
    return y


def fastest(
    candidates: tuple[Callable[..., Tensor], ...],
    *inputs: Tensor | None,
    **place: tuple[Tensor, ...],
) -> Callable[..., Tensor]:
    """Return the fastest candidate whose results agree with the first one's.

    It is the first itself where the others gain less than 2 %: measurements are no better.
    """
    first, *others = candidates
    expected = first(*inputs)
    right = [each for each in others if agrees(each, inputs, expected, **place)]
    if not right:
        return first
    calls = [partial(each, *inputs, **place) for each in (first, *right)]
    on_gpu = expected.is_cuda
    reference, *times = map(duration, calls) if on_gpu else durations(calls)
    best = min(times)
    return right[times.index(best)] if best < 0.98 * reference else first


def agrees(
    candidate: Callable[..., Tensor],
    inputs: tuple[Tensor | None, ...],
    expected: Tensor,
    **place: tuple[Tensor, ...],
) -> bool:
    """Whether a candidate runs on this device and returns the expected result.

    cuDNN may multiply by 0, and add, what the output buffer held. Before the trial the
    buffer is therefore filled with NaN.
    """
    # Half precision rounds a result up to three times; single may be transformed (Winograd).
    tolerance = max(4 * torch.finfo(expected.dtype).eps, 1e-4)
    torch.full_like(expected, torch.nan)  # freed at once: the result takes its memory
    out = place.get("out", ())
    for part in out:
        part.fill_(torch.nan)
    try:
        found = candidate(*inputs, **place)
        error = ((torch.cat(out, 1) if out else found) - expected).abs().max()
        return bool(error <= tolerance * expected.abs().max())
    except Exception:  # noqa: BLE001, it cannot run here
        return False


def durations(calls: Sequence[Callable[[], Tensor]]) -> list[float]:
    """Return the shortest time of each call on a CPU; calls take turns, as others may run."""
    rounds = []
    for _ in range(3):
        times = [perf_counter()]
        for call in calls:
            call()
            times.append(perf_counter())
        rounds.append([end - start for start, end in pairwise(times)])
    return [min(times) for times in zip(*rounds, strict=True)]


def duration(call: Callable[[], Tensor]) -> float:
    """Return a call's median time on a GPU, without the launch, which CUDA graphs save."""
    cuda: Any = torch.cuda
    repeats = range(7)
    marks = [cuda.Event(enable_timing=True) for _ in (*repeats, None)]
    cuda._sleep(2_000_000)  # cycles, in which all launches are queued
    marks[0].record()
    for mark in marks[1:]:
        call()
        mark.record()
    cuda.synchronize()
    times = sorted(start.elapsed_time(end) for start, end in pairwise(marks))
    return float(times[len(times) // 2])
