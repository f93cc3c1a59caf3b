"""The receptive field along one axis, exact for whole and fractional strides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil, floor, gcd, lcm

from archdsl.analyses.position_sets import UNKNOWN, WIDEST, PositionSet, union
from archdsl.ops.input_windows import Window
from archdsl.ops.values import LARGEST

Number = int | Fraction
PERIODS = 4096  # finer patterns than any network has count as global


@dataclass(frozen=True)
class Axis:
    """The receptive fields of all units of a value, along height or along width.

    The unit at position `period * q + r` reads `spans[r]`, moved by `jump * q`; a span is None for
    a unit that reads nothing. With a period of 1 the unit at y reads [S * y + start, S * y + end],
    S being the stride (the effective stride, or jump). With a longer period that interval covers
    what all units read. `smallest` is the receptive field along the path that grows it least: 1,
    plus S * (k - 1) for each window.
    """

    jump: int
    spans: tuple[PositionSet | None, ...]
    smallest: Number = 1

    @property
    def period(self) -> int:
        """The number of units after which the pattern repeats: 1 for whole strides."""
        return len(self.spans)

    @property
    def stride(self) -> Number:
        """Input pixels from one unit to the next."""
        return _ratio(self.jump, len(self.spans))

    @cached_property
    def sizes(self) -> tuple[int, int]:
        """The smallest and the largest receptive field of a unit, in pixels from end to end."""
        sizes = [span.size if span else 0 for span in self.spans]
        return min(sizes), max(sizes)

    @property
    def size(self) -> int:
        """The largest receptive field of a unit, in pixels from end to end."""
        return self.sizes[1]

    @cached_property
    def ends(self) -> tuple[Number, Number]:
        """The covering interval (start, end) of the unit at 0.

        It is the smallest that holds `spans[r] - stride * r` for every r.
        """
        if len(self.spans) == 1 and self.spans[0]:
            return self.spans[0].first, self.spans[0].last
        found = [(s, self.stride * r) for r, s in enumerate(self.spans) if s] or [
            (PositionSet(0, 0), 0)
        ]
        first = min(span.first - shift for span, shift in found)
        last = max(span.last - shift for span, shift in found)
        return _tidy(first), _tidy(last)

    @property
    def padding(self) -> Number:
        """The effective padding: how far the first unit's interval begins before the image."""
        return -self.ends[0]

    @property
    def centre(self) -> Number:
        """The middle of the first unit's interval, as a position of the input."""
        return _ratio(sum(self.ends), 2)

    @property
    def gaps(self) -> tuple[range, ...] | None:
        """The input positions inside the interval of the unit at 0 that it does not read.

        None where they are not known: the interval is wider than `WIDEST`.
        """
        return self.spans[0].gaps() if self.spans[0] else ()

    @property
    def skipped(self) -> int | None:
        """The number of unread positions in each `jump` neighbours of the input; None: unknown."""
        if any(span and span.size >= self.jump and span.gaps() == () for span in self.spans):
            return 0
        if self.jump > WIDEST or any(span and span.bits == UNKNOWN for span in self.spans):
            return None
        read, turn = 0, (1 << self.jump) - 1
        for span in filter(None, self.spans):
            bits = span.pattern() << span.first % self.jump
            while bits:
                read |= bits & turn
                bits >>= self.jump
        return self.jump - read.bit_count()

    def at(self, position: int) -> PositionSet | None:
        """Return what the unit at a position reads."""
        turn, phase = divmod(position, len(self.spans))
        span = self.spans[phase]
        return span and span.moved(turn * self.jump)


POINT = Axis(1, (PositionSet(0, 0),))  # of an input with respect to itself


def through(axis: Axis, window: Window, periods: int = PERIODS) -> Axis | None:
    """Return the field of an op's output, or None where no position bounds it.

    None is returned for a global op, for a period longer than `periods`, and for a field larger
    than any image.
    """
    period = len(axis.spans)
    turns = period // gcd(period, window.jump)
    jump = axis.jump * window.jump * turns // period
    if not 0 < jump <= LARGEST or len(window.reads) * turns > periods:
        return None
    spans = tuple(
        _seen(axis, reads, window.jump * turn) for turn in range(turns) for reads in window.reads
    )
    reach = min((reads[-1] - reads[0] for reads in window.reads if reads), default=0)
    smallest = axis.smallest + (_ratio(axis.jump * reach, period) if reach else 0)
    found = Axis(jump, spans, smallest)
    return found if found.size <= LARGEST else None


def _seen(axis: Axis, reads: range, by: int) -> PositionSet | None:
    """Return the positions read through the positions `reads`, moved by `by`."""
    period = len(axis.spans)
    parts = []
    for residue in range(min(period, len(reads))):
        alike = reads[residue::period]  # the same phase, again and again
        span = axis.at(alike[0] + by)
        if span:
            parts.append(span.spread(len(alike), alike.step * axis.jump // period))
    return union(parts) if len(parts) > 1 else parts[0] if parts else None


def joined(axes: Sequence[Axis], extent: int, periods: int = PERIODS) -> Axis | None:
    """Return the field of a merge with `extent` positions: the union of its branches' fields.

    Where the strides differ, no interval moves with the unit: the result then has the largest
    stride and covers the branches at every position. None is returned as by `through`.
    """
    if all(axis == axes[0] for axis in axes):
        return axes[0]
    stride = max(axis.stride for axis in axes)
    axes = [a if a.stride == stride else _covering(a, stride, extent) for a in axes]
    period = lcm(*(len(axis.spans) for axis in axes))
    if period > periods:
        return None
    spans = []
    for position in range(period):
        parts = [span for span in (axis.at(position) for axis in axes) if span]
        spans.append(union(parts) if parts else None)
    smallest = min(axis.smallest for axis in axes)
    return Axis(int(stride * period), tuple(spans), smallest)


def _covering(axis: Axis, stride: Number, extent: int) -> Axis:
    """Return a field of a larger stride that covers `axis` at the positions below `extent`."""
    drift = (axis.stride - stride) * (extent - 1)
    start, end = axis.ends
    jump, period = Fraction(stride).as_integer_ratio()
    spans = [
        PositionSet(floor(start + drift + stride * r), ceil(end + stride * r), UNKNOWN)
        for r in range(period)
    ]
    return Axis(jump, tuple(spans), axis.smallest)


def _ratio(above: Number, below: int) -> Number:
    if type(above) is int and above % below == 0:
        return above // below
    return _tidy(Fraction(above) / below)


def _tidy(number: Number) -> Number:
    return int(number) if number.denominator == 1 else number
