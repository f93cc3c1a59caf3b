"""The cost of a check grows with the layers: tenfold layers, at most twelvefold time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SMALL, LARGE = 10_000, 100_000
SECONDS = 10.0
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
