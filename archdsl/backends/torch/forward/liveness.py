"""Liveness: the places among the statements of a `forward` until which values are needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from archdsl.backends.torch.forward.statements import (
    AddInPlace,
    BeginPath,
    BeginRun,
    EndPath,
    EndRun,
    Statement,
)


@dataclass(frozen=True)
class Liveness:
    """The statements where values are first made and last read.

    `ends` is where a variable that holds a value is free, sums that take it over included; values
    with the same `heir` hand one variable on. `sharing` are the sums that begin in the variable of
    their other operand. `kept` has for the begin of each run the values that it makes for later.
    """

    first_made: Mapping[int, int]
    last_read: Mapping[int, int]
    ends: Mapping[int, int]
    heir: Mapping[int, int]
    sharing: frozenset[int]
    kept: Mapping[int, tuple[int, ...]]


def liveness_of(statements: Sequence[Statement]) -> Liveness:
    """The liveness of all values, in time linear in what the statements read."""
    first_made: dict[int, int] = {}
    last_read: dict[int, int] = {}
    for place, statement in enumerate(statements):
        last_read |= dict.fromkeys(statement.reads, place)
        for number in statement.makes:
            first_made.setdefault(number, place)
    kept = _kept(statements)
    sharing = _sharing(statements, last_read, {n for numbers in kept.values() for n in numbers})
    ends = dict(last_read)
    heir: dict[int, int] = {}
    for statement in reversed(statements):
        if isinstance(statement, AddInPlace):
            giver, taker = statement.first, statement.result
        elif isinstance(statement, BeginPath) and statement.total in sharing:
            giver, taker = statement.other, statement.total
        else:
            continue
        ends[giver] = max(ends[giver], ends.get(taker, 0))
        heir[giver] = heir.get(taker, taker)
    return Liveness(first_made, last_read, ends, heir, sharing, kept)


def _kept(statements: Sequence[Statement]) -> dict[int, tuple[int, ...]]:
    """The values that each run makes for what is behind it, by the place where it begins."""
    found: dict[int, tuple[int, ...]] = {}
    begun: list[int] = []
    for place, statement in enumerate(statements):
        if isinstance(statement, BeginRun):
            begun.append(place)
        elif isinstance(statement, EndRun):
            found[begun.pop()] = statement.made
    return found


def _sharing(
    statements: Sequence[Statement], last_read: Mapping[int, int], reserved: set[int]
) -> frozenset[int]:
    """The sums whose other operand nothing reads behind them, and that have no other variable."""
    return frozenset(
        statement.total
        for place, statement in enumerate(statements)
        if isinstance(statement, EndPath)
        and statement.total not in reserved
        and last_read[statement.other] == place
    )
