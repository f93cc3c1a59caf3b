"""The cost of naming variables grows with the branches, counted in lines that Python runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from archdsl.cli.main import main


def lines_run(path: Path) -> int:
    """How many lines a compile runs to name variables, each round of a loop included."""
    count = 0

    def trace(frame: Any, event: str, argument: Any) -> Any:
        nonlocal count
        if "torch/variables.py" not in frame.f_code.co_filename:
            return None
        count += event == "line"
        return trace

    words = ["compile", str(path), "--target", "inference", "-o", str(path.parent)]
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        assert main(words) == 0
    finally:
        sys.settrace(before)
    return count


def test_ten_times_as_many_branches_run_ten_times_as_many_lines(tmp_path: Path) -> None:
    found = []
    for size in (4, 4, 40, 400):
        path = tmp_path / f"{size}.arch"
        path.write_text(f"network n {{ input 8x8x8 -> concat {{ {'| conv(3x3, 1)' * size} }} }}\n")
        found.append(lines_run(path))
    _, small, middle, large = found  # the first one also imports
    assert large - middle <= 1.25 * 10 * (middle - small), found
