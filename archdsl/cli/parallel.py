"""The same function of many items, on several processors where the system can fork."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from archdsl.diagnostics import CannotRun

T = TypeVar("T")
R = TypeVar("R")
MOST_JOBS = 256
WORTH_FORKING = 8  # items; fewer are done before new processes have started
LARGEST_CHUNK = 4  # items between two messages, and until an interrupt ends a process
_work: tuple[Callable[[Any], Any], Sequence[Any]] | None = None  # of forked processes


class _Failed:
    """The result of an item whose function raised: the parent calls it again, to raise there."""


def add_jobs_argument(parser: ArgumentParser) -> None:
    """Add `--jobs`."""
    parser.add_argument(
        "--jobs", type=_count, metavar="N",
        help="processes to use, on Linux (default: one for each processor)",
    )  # fmt: skip


def mapped(of: Callable[[T], R], items: Sequence[T], jobs: int | None) -> Iterator[R]:
    """Yield `of` each item, in order; the results have to be picklable.

    Processes are forked here, before the first result is asked for. An interrupt is the
    caller's; they end after their current items.
    """
    jobs = min(jobs or _processors(), len(items))
    if jobs < 2 or len(items) < WORTH_FORKING or sys.platform != "linux":
        return map(of, items)
    return _forked(of, items, jobs)


def _forked(of: Callable[[T], R], items: Sequence[T], jobs: int) -> Iterator[R]:
    global _work
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    _work = (of, items)  # inherited: what the items refer to is never copied through a pipe
    pool = ProcessPoolExecutor(jobs, get_context("fork"), _ignore_interrupts)
    chunk = max(1, min(LARGEST_CHUNK, len(items) // (4 * jobs)))
    results = pool.map(_call, range(len(items)), chunksize=chunk)
    return _received(pool, results, of, items)


def _received(pool: Any, results: Iterator[Any], of: Any, items: Sequence[Any]) -> Iterator[Any]:
    from concurrent.futures.process import BrokenProcessPool

    try:
        for item, result in zip(items, results, strict=True):
            yield of(item) if isinstance(result, _Failed) else result
    except BrokenProcessPool:
        raise CannotRun("a process ended early, perhaps for lack of memory: try --jobs 1") from None
    finally:
        pool.shutdown(cancel_futures=True)


def _call(position: int) -> Any:
    assert _work is not None
    of, items = _work
    try:
        return of(items[position])
    except Exception:
        return _Failed()


def _ignore_interrupts() -> None:
    from signal import SIG_IGN, SIGINT, signal

    signal(SIGINT, SIG_IGN)


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        return os.cpu_count() or 1


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:4]) <= MOST_JOBS:
        raise ArgumentTypeError(f"{text!r} is not a number of processes from 1 to {MOST_JOBS}")
    return int(text)
