"""The minutes that a command may take: what still fits, and an end to what does not."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf
from typing import TypeVar

T = TypeVar("T")

# Seconds to prepare a peer for each op of a network, until a network has been prepared.
FIRST = {"compile": 0.15, "max-autotune": 0.4}
MARGIN = 1.25  # what a network may take longer for its size than the one before it


class OutOfTime(BaseException):
    """Ends what takes too long; no `Exception`, which compilers catch."""


class Budget:
    """Time that runs from its making on, and what preparing has taken of it, by peer."""

    def __init__(self, minutes: float | None) -> None:
        self.end = inf if minutes is None else time.monotonic() + 60 * minutes
        self.rates: dict[str, float] = {}  # seconds for each op

    @property
    def left(self) -> float:
        return self.end - time.monotonic()

    def expects(self, peer: str, ops: int) -> float:
        """Seconds that a peer is likely to need for a network of so many ops."""
        known = self.rates.get(peer)
        if known is not None:
            return MARGIN * known * ops
        return max((rate * ops for name, rate in FIRST.items() if name in peer), default=0)

    def attempt(self, peer: str, ops: int, reserve: float, prepare: Callable[[], T]) -> T | str:
        """What a peer's preparing gives, or why there is nothing.

        `reserve` is the seconds that are needed after it. A peer that fails costs no other's
        result.
        """
        likely, begin = self.expects(peer, ops), time.monotonic()
        if likely + reserve > self.left:
            return f"{self.left:.0f} s are left and it may take {likely + reserve:.0f}"
        try:
            with self.ends(reserve):
                found = prepare()
        except OutOfTime:
            return "it took too long"
        except Exception as problem:
            said = str(problem).strip().split("\n")[0]
            return f"{type(problem).__name__}: {said}"
        self.rates[peer] = (time.monotonic() - begin) / ops
        return found

    @contextmanager
    def ends(self, reserve: float) -> Iterator[None]:
        """`OutOfTime` where the body leaves less than the seconds that the rest needs."""
        if self.end == inf:
            yield
            return

        def stop(*_: object) -> None:
            raise OutOfTime

        before = signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, max(self.left - reserve, 1e-3))
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
