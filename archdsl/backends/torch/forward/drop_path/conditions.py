"""Joins: neighbours that serve one demand go under one condition on what joins keep."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from archdsl.backends.torch.forward.drop_path.demand import (
    CALLER,
    Demand,
    Demands,
    Mask,
    condition,
    each_condition,
)
from archdsl.backends.torch.forward.order import (
    ClosePath,
    CloseRun,
    Draw,
    Item,
    OpenPath,
    OpenRun,
    Order,
    Reserve,
    Step,
)
from archdsl.backends.torch.outline import Module
from archdsl.reserved import free_name


def under_conditions(
    order: Order,
    demands: Demands,
    picking: Collection[int],
    choosing: Collection[Module],
    taken: set[str],
    live: bool,
) -> Order:
    """The order in which nothing is computed that joins leave out, or the caller does not want.

    `picking` are the positions of joins that get only some of their operands, `choosing` the
    modules whose callers choose among the results, `live` whether this class is one of them. The
    names of masks are none of those `taken`.
    """
    if not live:
        items = _Conditions(order, demands, picking, choosing, taken, {}).items()
        return replace(order, items=tuple(items))
    mask = Mask(free_name("live", taken), len(order.results))
    conditions = _Conditions(order, demands, picking, choosing, taken, {CALLER: mask})
    return replace(
        order,
        items=tuple(conditions.items()),
        given=conditions.given(CALLER, order.results),
        parameters=(f"{mask.name}: list[bool]",),
    )


@dataclass(frozen=True, eq=False)
class _Run:
    """Neighbouring items, by their places, that serve one demand, and the values they make."""

    demand: Demand
    places: tuple[int, ...]
    values: tuple[int, ...]


def _runs(items: Sequence[Item], demands: Demands) -> list[_Run]:
    """The longest runs that need a condition beside that of the path around them."""
    found: list[tuple[Demand, list[int]]] = []
    around: list[Demand] = [None]  # the demands of the open paths
    current: list[int | None] = [None]  # the runs that are open in them
    for place, item in enumerate(items):
        if isinstance(item, ClosePath):
            around.pop()
            current.pop()
        demand = demands.steps[_step(item).position]
        run = current[-1]
        if demand is None or demand == around[-1]:
            run = None
        elif run is None or demand != found[run][0]:
            run = len(found)
            found.append((demand, []))
        if run is not None:
            found[run][1].append(place)
        current[-1] = run
        if isinstance(item, OpenPath):
            around.append(demand)
            current.append(None)
    return [_Run(demand, tuple(places), _made(items, places)) for demand, places in found]


def _step(item: Item) -> Step:
    step = item.total if isinstance(item, OpenPath | ClosePath) else item
    assert isinstance(step, Step)
    return step


def _made(items: Sequence[Item], places: Sequence[int]) -> tuple[int, ...]:
    made = (items[place] for place in places if not isinstance(items[place], OpenPath))
    return tuple(number for item in made for number in _step(item).part.outputs)


@dataclass(frozen=True)
class _Reserved:
    """The values that are None unless they are made, by the run before which they become None."""

    before: Mapping[_Run, Sequence[int]]
    made: Mapping[_Run, Sequence[int]]


def _reserved(
    order: Order, demands: Demands, runs: Sequence[_Run], picking: Collection[int]
) -> _Reserved:
    """Find the values that are None for joins and the caller where a run does not make them."""
    run_of = {number: run for run in runs for number in run.values}
    readers = [(step.position, step.reads) for step in order.steps if step.position in picking]
    before: dict[_Run, list[int]] = defaultdict(list)
    made: dict[_Run, list[int]] = defaultdict(list)
    for reader, reads in (*readers, (CALLER, order.results)):
        wishes = ((number, frozenset([(reader, place)])) for place, number in enumerate(reads))
        found = [n for n, wish in wishes if n in run_of and demands.values[n] == wish]
        if found:
            first = min((run_of[number] for number in found), key=lambda run: run.places[0])
            before[first] += found
        for number in found:
            made[run_of[number]].append(number)
    return _Reserved(before, made)


@dataclass
class _Conditions:
    """One pass over an order: masks are drawn before what needs them, and end with their join."""

    order: Order
    demands: Demands
    picking: Collection[int]
    choosing: Collection[Module]
    taken: set[str]  # those of masks in use included
    masks: dict[int, Mask]  # by their joins' positions

    def items(self) -> Iterator[Item]:
        items = self.order.items
        runs = _runs(items, self.demands)
        reserved = _reserved(self.order, self.demands, runs, self.picking)
        starts = {run.places[0]: run for run in runs}
        ends = {run.places[-1]: run for run in runs}
        for place, item in enumerate(items):
            if place in starts:
                run = starts[place]
                yield from self._draws(_joins(self.demands.values.get(n) for n in run.values))
                if reserved.before[run]:
                    yield Reserve(tuple(reserved.before[run]))
                yield OpenRun(condition(run.demand, self.masks))
            yield from self._written(item) if isinstance(item, Step) else [item]
            if place in ends:
                yield CloseRun(tuple(reserved.made[ends[place]]))

    def _written(self, step: Step) -> Iterator[Item]:
        """A step with what joins and blocks need to know, and before it what they choose."""
        picks = step.position in self.picking
        wanted = self._wanted(step)
        yield from self._draws(({step.position} if picks else set()) | _joins(wanted))
        more = (each_condition(wanted, self.masks),) if wanted else ()
        given = self.given(step.position, step.reads) if picks else ()
        if picks:
            self.taken.discard(self.masks.pop(step.position).name)
        yield replace(step, given=given, more=more)

    def _wanted(self, step: Step) -> list[Demand]:
        """The demands for the results of a block whose callers choose among them."""
        if step.part.child not in self.choosing:
            return []
        own = self.demands.steps[step.position]
        wanted = (self.demands.values.get(number) for number in step.part.outputs)
        return [None if demand == own else demand for demand in wanted]

    def _draws(self, joins: set[int]) -> list[Draw]:
        """The choices of joins, later ones first: a join that they leave out keeps nothing."""
        new: set[int] = set()
        while joins := joins - new - self.masks.keys():
            new |= joins
            joins = _joins(self.demands.steps[join] for join in joins)
        return [self._draw(self.steps[position]) for position in sorted(new, reverse=True)]

    def _draw(self, join: Step) -> Draw:
        demand = self.demands.steps[join.position]
        live = None if demand is None else condition(demand, self.masks)
        mask = Mask(free_name("kept", self.taken), len(join.reads))
        self.masks[join.position] = mask
        self.taken.add(mask.name)
        return Draw(mask.name, join, live)

    def given(self, reader: int, numbers: Sequence[int]) -> tuple[str | None, ...]:
        """The condition for each operand; none where it is None whenever the reader wants none."""
        return tuple(
            None if self._serves(number, reader, place) else self.masks[reader].item(place)
            for place, number in enumerate(numbers)
        )

    def _serves(self, number: int, reader: int, place: int) -> bool:
        made = number not in self.order.inputs
        return made and self.demands.values[number] == frozenset([(reader, place)])

    @cached_property
    def steps(self) -> Mapping[int, Step]:
        return {step.position: step for step in self.order.steps}


def _joins(demands: Iterable[Demand]) -> set[int]:
    return {join for demand in demands for join, _ in demand or ()}
