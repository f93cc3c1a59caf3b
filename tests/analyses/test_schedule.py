"""The best order, held to all orders of small random programs."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from archdsl.analyses.schedule import Least, Program, Task, best, peak

SMALL = 7


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Tasks that read earlier ones' storages; some write into them, some results stay."""
    count = draw(st.integers(1, SMALL))
    place = [0]  # the storage of each value, that of the given one first
    tasks = []
    for number in range(count):
        reads = draw(st.lists(st.integers(0, number), min_size=1, max_size=3, unique=True))
        first = place[reads[0]]
        reuses = first > 0 and draw(st.integers(0, 3)) == 0
        place.append(first if reuses else number + 1)
        touches = (*(place[value] for value in reads), place[-1])
        after = tuple(value - 1 for value in reads if value)
        tasks.append(Task(after, touches, draw(st.sampled_from([0, 0, 3]))))
    sizes = draw(st.lists(st.integers(0, 9), min_size=count + 1, max_size=count + 1))
    results = frozenset(draw(st.lists(st.sampled_from(place[1:]), max_size=2)))
    return Program(tasks, sizes, frozenset([0]), results)


def orders(program: Program, done: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    """All topological orders."""
    if len(done) == len(program.tasks):
        yield done
    for number, task in enumerate(program.tasks):
        if number not in done and set(task.after) <= set(done):
            yield from orders(program, (*done, number))


def held_at_most(program: Program, order: tuple[int, ...]) -> int:
    """The peak of an order, from the definition: a storage is there between its uses."""
    most = 0
    for now, number in enumerate(order):
        live = set()
        for storage in range(len(program.sizes)):
            uses = [at for at, n in enumerate(order) if storage in program.tasks[n].touches]
            begin = 0 if storage in program.given else min(uses, default=len(order))
            forever = storage in program.results or (storage in program.given and not uses)
            end = len(order) if forever else max(uses, default=-1)
            if begin <= now <= end:
                live.add(storage)
        task = program.tasks[number]
        most = max(most, sum(program.sizes[s] for s in live) + task.scratch)
    return most


@settings(max_examples=200)
@given(programs())
def test_the_order_as_written_holds_what_the_definition_says(program: Program) -> None:
    assert peak(program) == held_at_most(program, tuple(range(len(program.tasks))))


@settings(max_examples=200)
@given(programs())
def test_the_best_order_is_the_best_of_all(program: Program) -> None:
    assert best(program) == Least(min(held_at_most(program, o) for o in orders(program)), True)


@settings(max_examples=200)
@given(programs())
def test_a_search_cut_short_finds_some_order_and_proves_only_what_holds(program: Program) -> None:
    peaks = {held_at_most(program, order) for order in orders(program)}
    short = best(program, most=0)
    assert min(peaks) <= short.peak <= peak(program)
    assert short.peak in peaks
    assert not short.proven or short.peak == min(peaks)
