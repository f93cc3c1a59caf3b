"""Work in calls: a measure of cost that is the same on every machine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType


def calls(run: Callable[[], object]) -> int:
    """How many calls of functions, Python's own included, something makes.

    What happens inside one call, such as copying a long list, is not seen: `benchmarks/scaling.py`
    measures time.
    """
    count = 0

    def count_calls(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count_calls)
    try:
        run()
    finally:
        sys.setprofile(before)
    return count
