"""Positions along one axis as sets: an interval, with its holes as bits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

ALL, UNKNOWN = -1, 0  # instead of bits
WIDEST = 1 << 14  # wider sets with holes keep their ends only


class PositionSet(NamedTuple):
    """The positions from `first` to `last`: all of them, or those whose bit is set in `bits`."""

    first: int
    last: int
    bits: int = ALL

    @property
    def size(self) -> int:
        """The distance from end to end, holes included."""
        return self.last - self.first + 1

    def moved(self, by: int) -> PositionSet:
        """Return the same set, `by` positions further."""
        return PositionSet(self.first + by, self.last + by, self.bits) if by else self

    def spread(self, count: int, step: int) -> PositionSet:
        """Return the union of `count` copies, each `step` further than the one before."""
        if count == 1:
            return self
        last = self.last + (count - 1) * step
        if self.bits == ALL and step <= self.size:
            return PositionSet(self.first, last)
        if self.bits == UNKNOWN or last - self.first >= WIDEST:
            return PositionSet(self.first, last, UNKNOWN)
        bits, made = self.pattern(), 1
        while made < count:
            more = min(made, count - made)
            bits |= bits << more * step
            made += more
        return _known(self.first, last, bits)

    def pattern(self) -> int:
        """Return the bits of a set whose holes are known."""
        return (1 << self.size) - 1 if self.bits == ALL else self.bits

    def gaps(self) -> tuple[range, ...] | None:
        """Return the holes between the ends; None where they are not known."""
        if self.bits == UNKNOWN:
            return None
        runs = [] if self.bits == ALL else f"{self.bits:b}"[::-1].split("1")
        found, place = [], self.first
        for run in runs:
            if run:
                found.append(range(place, place + len(run)))
            place += len(run) + 1
        return tuple(found)


def union(spans: Iterable[PositionSet]) -> PositionSet:
    """Return all positions of some sets; there is at least one set."""
    parts = sorted(set(spans))
    first, last = parts[0].first, max(part.last for part in parts)
    solid = first - 1  # up to here without a hole
    for part in parts:
        if part.bits == ALL and part.first <= solid + 1:
            solid = max(solid, part.last)
    if solid == last:
        return PositionSet(first, last)
    if last - first >= WIDEST or any(part.bits == UNKNOWN for part in parts):
        return PositionSet(first, last, UNKNOWN)
    bits = 0
    for part in parts:
        bits |= part.pattern() << part.first - first
    return _known(first, last, bits)


def _known(first: int, last: int, bits: int) -> PositionSet:
    return PositionSet(first, last, ALL if bits & (bits + 1) == 0 else bits)
