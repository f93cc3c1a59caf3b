"""The demand for each value in training, where joins read only the branches that they keep.

A wish is one operand of such a join, or one of several values that a class returns as its caller
wants them. The demand for a value is the set of wishes that it serves: it is computed if one of
them holds. None is the demand for what is always needed.

Source: Larsson et al. 2016, arXiv:1605.07648, section 4: what drop-path leaves out need not run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from archdsl.backends.torch.forward.order import Order
from archdsl.backends.torch.layout import Atom, Expr, Infix, ListOf

Wish = tuple[int, int]  # a join's position and an operand's place there, or CALLER and a result's
Demand = frozenset[Wish] | None

CALLER = -1  # in the place of a join's position: the class's caller
LARGEST = 64  # wishes of a demand; what more would need is always computed


@dataclass(frozen=True)
class Demands:
    """The demand for each value that is read, and for each step by its position."""

    values: Mapping[int, Demand]
    steps: Mapping[int, Demand]


def demands_of(order: Order, picking: Collection[int], live: bool) -> Demands:
    """The demands in a class, in time linear in its steps.

    `picking` are the positions of joins that training gives only some of their operands; `live` is
    whether the caller chooses among the results. What is returned in training is always needed.
    """
    found: dict[int, Demand] = dict.fromkeys(order.aside)
    for place, number in enumerate(order.results):
        _ask(found, number, frozenset([(CALLER, place)]) if live else None)
    sizes = {step.position: len(step.reads) for step in order.steps if step.position in picking}
    sizes[CALLER] = len(order.results)
    joins: dict[int, Demand] = {CALLER: None}
    for step in reversed(order.steps):
        demand = _joined([found.get(number) for number in step.part.outputs], sizes, joins)
        joins[step.position] = demand
        for place, number in enumerate(step.reads):
            wish = frozenset([(step.position, place)])
            _ask(found, number, wish if step.position in picking else demand)
    return Demands(found, joins)


def _ask(found: dict[int, Demand], number: int, demand: Demand) -> None:
    known = found.get(number, frozenset())
    both = None if known is None or demand is None else known | demand
    found[number] = None if both is None or len(both) > LARGEST else both


def _joined(
    parts: Sequence[Demand], sizes: Mapping[int, int], joins: Mapping[int, Demand]
) -> Demand:
    """The demand for several values at once, without wishes that follow from others.

    One operand of a join at least is wanted when the join is, and none when it is not.
    """
    wishes: frozenset[Wish] = frozenset()
    for part in parts:
        if part is None:
            return None
        wishes |= part
    for join, count in Counter(join for join, _ in wishes).items():
        if count == sizes[join]:
            others = frozenset(wish for wish in wishes if wish[0] != join)
            return _joined([others, joins[join]], sizes, joins)
    if len(wishes) > LARGEST:
        return None
    known = {join: joins[join] for join, _ in wishes}
    implied = {join for join, demand in known.items() if demand and demand <= wishes}
    return frozenset(wish for wish in wishes if wish[0] not in implied)


# ------------------------------------------------------------------ as expressions


@dataclass(frozen=True)
class Mask:
    """A variable that holds a truth value for each of a join's operands or of a class's results."""

    name: str
    size: int

    def item(self, place: int) -> str:
        return f"{self.name}[{place}]"

    def part(self, first: int, end: int) -> str:
        if (first, end) == (0, self.size):
            return self.name
        return f"{self.name}[{first or ''}:{end if end < self.size else ''}]"

    def any(self, first: int, end: int) -> str:
        return self.item(first) if end - first == 1 else f"any({self.part(first, end)})"


def condition(demand: Demand, masks: Mapping[int, Mask]) -> Expr:
    """`kept[0] or any(live[1:])`."""
    if demand is None:
        return Atom("True")
    terms: list[Expr] = []
    for join, wishes in groupby(sorted(demand), key=lambda wish: wish[0]):
        places = [place for _, place in wishes]
        for _, run in groupby(enumerate(places), key=lambda pair: pair[1] - pair[0]):
            stretch = [place for _, place in run]
            terms.append(Atom(masks[join].any(stretch[0], stretch[-1] + 1)))
    return terms[0] if len(terms) == 1 else Infix("or", tuple(terms))


def each_condition(wanted: Sequence[Demand], masks: Mapping[int, Mask]) -> Expr:
    """For each of several values whether it is needed: `kept[1:]`, or a list."""
    wishes = [wish for demand in wanted for wish in demand or ()]
    join, first = wishes[0] if wishes else (CALLER, 0)
    stretch = [frozenset([(join, first + place)]) for place in range(len(wanted))]
    if [*wanted] == stretch:
        return Atom(masks[join].part(first, first + len(wanted)))
    return ListOf(tuple(condition(demand, masks) for demand in wanted))
