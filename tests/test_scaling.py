"""The cost of a check grows with the layers: tenfold layers, at most twelvefold time."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from archdsl import driver
from archdsl.analyses.memory import memory
from archdsl.diagnostics import Sink, Source
from archdsl.elaboration.modules import Library
from archdsl.ir import Graph

SMALL, LARGE = 10_000, 100_000
SECONDS = 20.0  # on a machine that runs other tests; benchmarks/check_speed.py holds it to 10
GROWTH = 12.0
TRIES = 2


def repeated(layers: int) -> str:
    """A network of so many layers, as a `repeat`."""
    return (
        "network big {\n    input 4x8x8\n"
        f"    repeat {layers // 2} {{ conv(3x3, 4) -> relu }}\n"
        f"    expect depth == {layers // 2}\n}}\n"
    )


def written_out(layers: int) -> str:
    """The same network, line by line."""
    lines = "    conv(3x3, 4) -> relu\n" * (layers // 2)
    return f"network big {{\n    input 4x8x8\n{lines}    expect depth == {layers // 2}\n}}\n"


def seconds(path: Path) -> float:
    """CPU time of a whole process that checks a file: the best of some, as noise only adds."""
    times = []
    for _ in range(TRIES):
        process = subprocess.Popen(
            [sys.executable, "-m", "archdsl", "check", str(path)], stdout=subprocess.DEVNULL
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        times.append(usage.ru_utime + usage.ru_stime)
    return min(times)


@pytest.mark.slow
@pytest.mark.parametrize("write", [repeated, written_out])
def test_tenfold_layers_cost_at_most_twelvefold_time(
    write: Callable[[int], str], tmp_path: Path
) -> None:
    times = []
    for layers in (SMALL, LARGE):
        path = tmp_path / f"{layers}.arch"
        path.write_text(write(layers))
        times.append(seconds(path))
    assert times[1] < SECONDS
    assert times[1] <= GROWTH * times[0]


WARM = 15.0  # without the start of a process, and with data beyond the caches
RESIDUAL = "repeat {0} {{ skip {{ conv(3x3, 4) -> bn -> relu -> conv(3x3, 4) }} }}"
DENSE = "dense {0} {{ bn -> relu -> conv(1x1, 4) -> conv(3x3, 4) }} -> conv(1x1, 8)"
PARALLEL = "add {{ | repeat {0} {{ conv(3x3, 8) -> bn }} | repeat {0} {{ conv(1x1, 8) -> bn }} }}"


@pytest.mark.slow
def test_tenfold_layers_cost_memory_at_most_fifteenfold_time() -> None:
    times = []
    body = " -> ".join((RESIDUAL, DENSE, PARALLEL))
    for layers in (SMALL, LARGE):
        text = f"network big {{ input 4x8x8 -> {body.format(layers // 15)} }}"
        [graph] = driver.graphs(
            Source("big.arch", text), Library(lambda *_: None), Sink(), driver.Request()
        )
        times.append(min(spent(graph) for _ in range(TRIES)))
    assert times[1] < SECONDS
    assert times[1] <= WARM * times[0]


def spent(graph: Graph) -> float:
    """CPU time of the whole analysis of a graph."""
    gc.disable()  # as a command does
    begin = time.process_time()
    memory(graph)
    gc.enable()
    return time.process_time() - begin
