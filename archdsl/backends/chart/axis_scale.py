"""Scales: from numbers to pixels along an axis, and the numbers written beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

SPREAD = 8.0  # a larger ratio of positive numbers is drawn in logarithms
STEPS = (1, 2, 5, 10)
TICKS = 6


@dataclass(frozen=True)
class AxisScale:
    """An axis from the number `low` at the pixel `first` to `high` at `last`."""

    low: float
    high: float
    first: float
    last: float
    log: bool
    ticks: tuple[float, ...]

    def at(self, number: float) -> float:
        """Return the pixel of a number."""
        low, high, number = (
            (log10(self.low), log10(self.high), log10(number))
            if self.log
            else (self.low, self.high, number)
        )
        return self.first + (number - low) / (high - low) * (self.last - self.first)


def axis_scale(numbers: Sequence[float], first: float, last: float, most: int = TICKS) -> AxisScale:
    """Return a scale that holds all numbers, with a margin."""
    low, high = min(numbers), max(numbers)
    if low > 0 and high / low > SPREAD:
        low, high = low / (high / low) ** 0.06, high * (high / low) ** 0.06
        return AxisScale(low, high, first, last, True, _powers(low, high, most))
    room = 0.07 * (high - low) or abs(high) * 0.5 or 1.0
    low, high = (max(low - room, 0.0) if low >= 0 else low - room), high + room
    return AxisScale(low, high, first, last, False, _multiples(low, high, most))


def _powers(low: float, high: float, most: int) -> tuple[float, ...]:
    """Return 1, 2, 5 times powers of ten, or fewer where these are too many."""
    exponents = range(floor(log10(low)), ceil(log10(high)) + 1)
    for steps in ((1, 2, 5), (1, 3), (1,)):
        found = tuple(s * 10.0**e for e in exponents for s in steps if low <= s * 10.0**e <= high)
        if len(found) <= most + 2:
            return found
    return found[:: ceil(len(found) / most)]


def _multiples(low: float, high: float, most: int) -> tuple[float, ...]:
    """Return multiples of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / most
    power = 10.0 ** floor(log10(rough))
    step = next(s * power for s in STEPS if s * power >= rough * 0.999)
    return tuple(n * step for n in range(ceil(low / step), floor(high / step) + 1))


def nice(number: float) -> float:
    """Return the largest of 1, 2, 5 times a power of ten that is not above a number."""
    power = 10.0 ** floor(log10(number))
    return max(s * power for s in STEPS if s * power <= number * 1.001)


def written(number: float) -> str:
    """Return a number for an axis or a legend, to three significant digits."""
    if number >= 1000:
        return f"{number:,.0f}"
    return f"{number:.3g}"
