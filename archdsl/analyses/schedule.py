"""The peak memory of tasks: in their order, and in the best order.

The best order minimises the peak over all topological orders, which is NP-hard in general (Sethi
1975, "Complete register allocation problems"). Here the tasks are cut where one comes before or
after every other in every order, since no order mixes what lies on its two sides. A span between
cuts is searched (see `order_search`) if its peak as written is above what every order needs. The
search is bounded, and the outcome says whether it is proven to be the least.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from archdsl.analyses.order_search import SpanTask, TaskSpan, least_peak

MOST_LOOKS = 500_000  # at a task, in a span
MOST_TASKS = 2_000  # of a span that is searched


@dataclass(frozen=True, slots=True)
class Task:
    """A task with the earlier tasks it waits for.

    It has the storages that it reads or writes, and its scratch memory.
    """

    after: tuple[int, ...]
    touches: tuple[int, ...]
    scratch: int = 0


@dataclass(frozen=True)
class Program:
    """Tasks in a topological order, and the size of each storage.

    A storage is alive from the first task that touches it (from the start if it is in `given`) to
    the last (to the end if it is in `results`).
    """

    tasks: Sequence[Task]
    sizes: Sequence[int]
    given: frozenset[int] = frozenset()
    results: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Least:
    """The least peak found, and whether it is proven that no order has less."""

    peak: int
    proven: bool


def peak(program: Program) -> int:
    """Return the peak in the order as written. Linear in the program."""
    return max(_Lives(program).held, default=0)


def best(program: Program, most: int = MOST_LOOKS) -> Least:
    """Return the least peak over orders; `most` bounds the search in each span."""
    lives = _Lives(program)
    spans = list(_spans(program.tasks))
    proven = found = max(_needed(program, lives, spans), default=0)
    written = {span: max(lives.held[span[0] : span[1]]) for span in spans}
    for span in sorted(spans, key=lambda span: -written[span]):
        if written[span] <= found:
            break
        begin, end = span
        if end - begin > MOST_TASKS:
            found = written[span]
            continue
        least, exact = least_peak(_span(program, lives, begin, end), found, written[span], most)
        found = max(found, least)
        proven = max(proven, least) if exact else proven
    return Least(found, found == proven)


class _Lives:
    """The lifetimes of storages in the order as written, and the memory held during each task."""

    def __init__(self, program: Program) -> None:
        self.first = dict.fromkeys(program.given, -1)
        self.last: dict[int, int] = {}
        for number, task in enumerate(program.tasks):
            for storage in task.touches:
                self.first.setdefault(storage, number)
            self.last |= dict.fromkeys(task.touches, number)
        self.last |= dict.fromkeys(program.results, len(program.tasks))
        self.before: list[int] = []
        self.held: list[int] = []
        live = sum(program.sizes[storage] for storage in program.given)
        for number, task in enumerate(program.tasks):
            self.before.append(live)
            touched = set(task.touches)
            live += sum(program.sizes[s] for s in touched if self.first[s] == number)
            self.held.append(live + task.scratch)
            live -= sum(program.sizes[s] for s in touched if self.last[s] == number)

    def outlives(self, storage: int, begin: int, end: int) -> bool:
        """Whether a storage is alive before and after a span."""
        return self.first[storage] < begin and self.last.get(storage, end) >= end


def _spans(tasks: Sequence[Task]) -> Iterator[tuple[int, int]]:
    """Yield the spans between cuts: each ends with a task that all later ones come after."""
    sources = [0] * (len(tasks) + 1)  # of the tasks from here on those that wait for none of them
    for number, task in enumerate(tasks):
        sources[max(task.after, default=-1) + 1] += 1
        sources[number + 1] -= 1
    awaited = [False] * len(tasks)
    ends = begin = 0  # tasks so far that none so far waits for
    for number, (task, begins) in enumerate(zip(tasks, accumulate(sources), strict=False)):
        ends += 1
        for source in set(task.after):
            ends -= not awaited[source]
            awaited[source] = True
        if ends == begins == 1 or number == len(tasks) - 1:
            yield begin, number + 1
            begin = number + 1


def _needed(program: Program, lives: _Lives, spans: Iterable[tuple[int, int]]) -> Iterator[int]:
    """Yield for each task the memory that every order holds while it runs.

    That is its storages, and those that outlive its span.
    """
    ordered = list(spans)
    number = {begin: i for i, (begin, _) in enumerate(ordered)}
    of = [number[begin] for begin, end in ordered for _ in range(begin, end)]
    carried = [0] * (len(ordered) + 2)
    for storage, first in lives.first.items():
        last = lives.last.get(storage, len(of))
        from_span = of[first] + 1 if first >= 0 else 0
        to_span = of[last] if last < len(of) else len(ordered)
        if from_span < to_span:
            carried[from_span] += program.sizes[storage]
            carried[to_span] -= program.sizes[storage]
    for (begin, end), outliving in zip(ordered, accumulate(carried), strict=False):
        for task in program.tasks[begin:end]:
            own = {s for s in task.touches if not lives.outlives(s, begin, end)}
            yield outliving + sum(program.sizes[s] for s in own) + task.scratch


def _span(program: Program, lives: _Lives, begin: int, end: int) -> TaskSpan:
    """Return the tasks between two cuts, with storages and dependencies as sets of bits."""
    users: dict[int, int] = {}
    for number in range(begin, end):
        for storage in program.tasks[number].touches:
            users[storage] = users.get(storage, 0) | 1 << (number - begin)
    choices = []
    for number in range(begin, end):
        task = program.tasks[number]
        touched = set(task.touches)
        choices.append(
            SpanTask(
                after=sum(1 << (n - begin) for n in set(task.after) if n >= begin),
                makes=tuple(
                    (program.sizes[s], users[s]) for s in touched if lives.first[s] >= begin
                ),
                frees=tuple((program.sizes[s], users[s]) for s in touched if lives.last[s] < end),
                scratch=task.scratch,
            )
        )
    return TaskSpan(tuple(choices), lives.before[begin])
