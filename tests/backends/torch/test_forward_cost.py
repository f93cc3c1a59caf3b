"""The cost of writing `forward` grows with its parts, counted in lines that Python runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archdsl.backends import torch as backend
from archdsl.backends.torch import emit
from archdsl.ir import Graph
from tests.backends.torch.interpreter import graph_of

ROOM = str(Path(backend.__file__).parent / "forward")
BODIES: dict[str, Callable[[int], str]] = {
    "branches of a concat": lambda n: f"concat {{ {'| conv(3x3, 1)' * n} }}",
    "operands of a sum": lambda n: f"add {{ {'| conv(3x3, 8)' * n} }}",
    "drop paths": lambda n: f"repeat {n} {{ skip {{ conv(1x1, 8) -> drop_path(0.5) }} }}",
    "drop paths that read a value from far away": lambda n: (
        f"stem: relu\nrepeat {n} {{ skip {{ add {{ | relu | @stem }} -> drop_path(0.5) }} }}"
    ),
    "joins": lambda n: f"repeat {n} {{ join(drop=0.5) {{ | conv(1x1, 8) | relu }} -> relu }}",
    "branches of a join": lambda n: f"join(drop=0.5) {{ {'| conv(1x1, 8)' * n} }}",
    "values that are read once more": lambda n: (
        "\n".join(f"a{i}: conv(1x1, 8)" for i in range(n))
        + f"\nconcat {{ {' '.join(f'| @a{i}' for i in range(n))} }}"
    ),
}


def lines_run(graph: Graph) -> int:
    """How many lines run to write the network's `forward`, each round of a loop included."""
    count = 0

    def trace(frame: Any, event: str, argument: Any) -> Any:
        nonlocal count
        if ROOM not in frame.f_code.co_filename:
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        emit(graph)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("body", BODIES)
def test_ten_times_as_many_parts_run_ten_times_as_many_lines(body: str) -> None:
    small, middle, large = (
        lines_run(graph_of(f"network n {{\ninput 8x8x8\n{BODIES[body](size)}\n}}"))
        for size in (4, 40, 400)
    )
    assert 0 < large - middle <= 1.25 * 10 * (middle - small), (small, middle, large)
