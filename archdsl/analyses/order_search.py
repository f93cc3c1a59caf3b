"""Find the order of a few tasks with the least peak memory.

A best-first search over sets of finished tasks: the memory held depends on the set alone, so the
first complete set was reached with the least peak. A task that fits below the peak and leaves no
more behind than it found runs at once: it would never cost less later.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush


@dataclass(frozen=True, slots=True)
class SpanTask:
    """A task: those it waits for, and the storages it may make and may free, with their users.

    Sets of tasks are integers with a bit for each task.
    """

    after: int
    makes: tuple[tuple[int, int], ...]
    frees: tuple[tuple[int, int], ...]
    scratch: int


@dataclass(frozen=True, slots=True)
class TaskSpan:
    """Tasks to order, and the memory held before the first of them."""

    choices: tuple[SpanTask, ...]
    live: int

    def moves(self, done: int, live: int) -> Iterator[tuple[int, int, int]]:
        """Yield each runnable task's memory while it runs and after it, and the finished set."""
        for number, choice in enumerate(self.choices):
            bit = 1 << number
            if done & bit or choice.after & ~done:
                continue
            held = live + sum(size for size, users in choice.makes if not users & done)
            now = done | bit
            left = held - sum(size for size, users in choice.frees if not users & ~now)
            yield held + choice.scratch, left, now


def least_peak(span: TaskSpan, floor: int, written: int, most: int) -> tuple[int, bool]:
    """Return the least peak of any order, and whether it is proven.

    `floor` is a peak that is reached anyway, `written` the peak of a known order. After `most`
    looks at a task the rest is ordered greedily.
    """
    count = len(span.choices)
    everything = (1 << count) - 1
    peaks = {0: floor}
    heap = [(floor, 0, 0, span.live)]  # peak, tasks left to do, done, live
    looks = 0
    while heap:
        top, _, done, live = heappop(heap)
        if done == everything:
            return top, True
        if peaks[done] < top:
            continue
        looks += count
        if looks > most:
            return min(written, _greedy(span, done, live, top)), False
        for held, left, now in _worth(span, done, live, top):
            reached = max(top, held)
            if reached < written and reached < peaks.get(now, written):
                peaks[now] = reached
                heappush(heap, (reached, count - now.bit_count(), now, left))
    return written, True


def _worth(span: TaskSpan, done: int, live: int, top: int) -> list[tuple[int, int, int]]:
    """Return the moves to explore: a single free one, or all."""
    moves = list(span.moves(done, live))
    return next(([move] for move in moves if move[0] <= top and move[1] <= live), moves)


def _greedy(span: TaskSpan, done: int, live: int, top: int) -> int:
    """Return the peak when each next task is the one that holds least."""
    while moves := _worth(span, done, live, top):
        held, live, done = min(moves)
        top = max(top, held)
    return top
