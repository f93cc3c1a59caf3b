"""The machine under a benchmark: how time is taken, what it reaches at best, what it holds.

What differs on a GPU is a few lines of each function, so that a CPU rehearses all else.
"""

from __future__ import annotations

import gc
import platform
import time
from collections.abc import Callable, Iterable, Mapping
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor

from archdsl.analyses.roofline import Rates

Step = Callable[[], object]
SIDE = {"cpu": 1024, "cuda": 8192}  # of the square matrices whose product is timed
COPIED = {"cpu": 256 << 20, "cuda": 4 << 30}  # bytes
LARGEST = {"cpu": 1 << 26, "cuda": 1 << 31}  # bytes of a block of memory that is poisoned


def named(device: str) -> str:
    """What the numbers were measured on."""
    if device == "cuda":
        return f"{torch.cuda.get_device_name()}, PyTorch {torch.__version__}"
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    models = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return (
        f"{models[0] if models else platform.machine()}, {len(models)} cores, "
        f"{torch.get_num_threads()} of them used, PyTorch {torch.__version__}"
    )


# ------------------------------------------------------------------ time


def synchronize(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def clock(device: str) -> float:
    """Seconds: of this process where it computes on one thread, else on the wall."""
    synchronize(device)
    alone = device == "cpu" and torch.get_num_threads() == 1
    return time.process_time() if alone else time.perf_counter()


def elapsed(step: Step, calls: int, device: str) -> float:
    """Seconds of some calls: between events on a GPU, else by the clock."""
    if device == "cuda":
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        _repeat(step, calls)
        end.record()
        end.synchronize()
        return float(begin.elapsed_time(end)) / 1e3
    before = clock(device)
    _repeat(step, calls)
    return clock(device) - before


def _repeat(step: Step, calls: int) -> None:
    for _ in range(calls):
        step()


def enough_calls(step: Step, seconds: float, device: str) -> int:
    """How often to call a step at a time, so that this takes at least some seconds; warms it up."""
    calls = 1
    while elapsed(step, calls, device) < seconds:
        calls *= 2
    return calls


def in_turn(
    steps: Mapping[str, Step], rounds: int, seconds: float, device: str
) -> dict[str, list[float]]:
    """Seconds of a call of each step in each round.

    The order of a round is reversed in the next. Short steps are called several times in a round,
    so that each step takes at least `seconds` over all rounds.
    """
    calls = {name: enough_calls(step, seconds / rounds, device) for name, step in steps.items()}
    times: dict[str, list[float]] = {name: [] for name in steps}
    for number in range(rounds):
        for name in reversed(list(steps)) if number % 2 else steps:
            times[name].append(elapsed(steps[name], calls[name], device) / calls[name])
    return times


def ratio(theirs: list[float], ours: list[float]) -> tuple[float, float, float]:
    """The median over rounds of a peer's time by ours, and the quartiles."""
    ratios = sorted(a / b for a, b in zip(theirs, ours, strict=True))
    quarter = len(ratios) // 4
    return median(ratios), ratios[quarter], ratios[-1 - quarter]


def rotating(step: Callable[[Any], object], inputs: Iterable[Any]) -> Step:
    """A step on one input after another, so that none is found in a cache."""
    turns = cycle(inputs)
    return lambda: step(next(turns))


# ------------------------------------------------------------------ what it reaches


def ceilings(device: str, dtype: torch.dtype) -> Rates:
    """What a large matrix product and a large copy reach here, on random numbers.

    A copy moves its bytes twice: they are read and written.
    """
    side, count = SIDE[device], COPIED[device] // 4
    flops = 2 * side**3 / _typical(_product(side, device, dtype), device)
    source = torch.randn(count, device=device)
    target = torch.empty_like(source)
    bandwidth = 2 * 4 * count / _typical(lambda: target.copy_(source), device)
    return Rates(flops, bandwidth, dtype.itemsize)


def _product(side: int, device: str, dtype: torch.dtype) -> Step:
    """A product of square matrices; on a CPU oneDNN's with packed weights, its fastest."""
    a, b = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    if device == "cuda":
        return lambda: torch.mm(a, b)
    mkldnn: Any = torch.ops.mkldnn
    packed = mkldnn._reorder_linear_weight(b, side)
    return lambda: mkldnn._linear_pointwise(a, packed, None, "none", [], None)


def _typical(step: Step, device: str) -> float:
    return median(in_turn({"it": step}, rounds=5, seconds=0.25, device=device)["it"])


# ------------------------------------------------------------------ what it holds


def reserved(device: str) -> int | None:
    """Bytes that PyTorch's allocator has taken and needs; only a GPU's is known."""
    if device == "cpu":
        return None
    gc.collect()
    torch.cuda.synchronize()
    torch.cuda.empty_cache()
    return torch.cuda.memory_reserved()


def most_reserved(step: Step, before: int | None, device: str) -> float | None:
    """MiB taken at most during a step, beyond what was before: weights, values, workspace, and the
    memory of a CUDA graph, which does not count as allocated."""
    if before is None:
        return None
    reserved(device)
    torch.cuda.reset_peak_memory_stats()
    step()
    torch.cuda.synchronize()
    return (torch.cuda.max_memory_reserved() - before) / 2**20


def poison(device: str) -> None:
    """Leaves free memory full of bits that are no number of any type, for what reads it before it
    writes it."""
    if device == "cuda":
        torch.cuda.empty_cache()
    size, held = LARGEST[device], []
    while size >= 512:
        held.append(torch.full((size,), 255, dtype=torch.uint8, device=device))
        size //= 2


def captured(step: Callable[[Tensor], Any], place: Tensor) -> Callable[[], Any]:
    """A step on what lies in a place, as a CUDA graph, which launches as one; a CPU calls it."""
    if place.device.type == "cpu":
        return lambda: step(place)
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        _repeat(lambda: step(place), 3)
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        outputs = step(place)

    def replay() -> Any:
        graph.replay()
        return outputs

    return replay
