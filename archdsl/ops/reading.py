"""What a position of an op's output reads of its input, along one axis."""

from __future__ import annotations

from functools import lru_cache
from math import gcd
from typing import NamedTuple

PERIODS = 64  # finer patterns than any network has count as global


class Window(NamedTuple):
    """The positions that outputs read; the pattern repeats with a period of `len(reads)`.

    The output at `len(reads) * q + r` reads the input at `jump * q + t` for t in `reads[r]`. The
    stride is jump / period: 2 for a convolution with stride 2, 1/2 for a transposed one, 0 where
    every output reads the same. The edges of the image are not in it: it is that of an image
    without end, where padding is image too.
    """

    jump: int
    reads: tuple[range, ...]


Windows = tuple[Window, Window]  # along height and width

SAME = Window(1, (range(1),))
GLOBAL = Window(0, ())  # no output's position matters: each sees all
POINTWISE: Windows = (SAME, SAME)
EVERYWHERE: Windows = (GLOBAL, GLOBAL)


@lru_cache(1024)
def sliding(kernel: int, stride: int, padding: int, dilation: int = 1) -> Window:
    """A convolution's or pool's; `padding` is that before the image.

    Source: Araujo, Norris and Sim, Distill 2019, section 2.
    """
    return Window(stride, (range(-padding, dilation * (kernel - 1) + 1 - padding, dilation),))


@lru_cache(1024)
def sliding_back(kernel: int, stride: int, padding: int, dilation: int = 1) -> Window:
    """A transposed convolution's: y reads the x with y = stride * x - padding + dilation * j.

    Source: Dumoulin and Visin 2016 (arXiv:1603.07285), section 4. Where the kernel is smaller than
    the stride some outputs read nothing.
    """
    if stride > PERIODS:
        return GLOBAL
    every = stride // gcd(stride, dilation)  # taps that meet the same input positions
    reads = []
    for y in range(stride):
        taps = [j for j in range(min(kernel, every)) if not (y + padding - dilation * j) % stride]
        last = (y + padding - dilation * taps[0]) // stride if taps else 0
        count = (kernel - 1 - taps[0]) // every + 1 if taps else 0
        step = dilation * every // stride
        reads.append(range(last - step * (count - 1), last + 1, step) if taps else range(0))
    return Window(1, tuple(reads))


def pooled(extent: int, cells: int) -> Window:
    """An adaptive pool's: cell y is from floor(y * extent / cells) up to ceil((y + 1) * ...)."""
    jump, period = _ratio(extent, cells)
    if cells == 1 or period > PERIODS:
        return GLOBAL
    cell = [range(y * jump // period, -(-(y + 1) * jump // period)) for y in range(period)]
    return Window(jump, tuple(cell))


@lru_cache(1024)
def interpolated(extent: int, positions: int, mode: str, align_corners: bool) -> Window:
    """A resize's, from `extent` to `positions`: those between which a value lies.

    Source: PyTorch's `interpolate`. Nearest takes floor(y * extent / positions). The others lie at
    (y + 1/2) * extent / positions - 1/2, or with aligned corners at y * (extent - 1) / (positions
    - 1); one that meets a position reads no other.
    """
    corners = align_corners and positions > 1
    jump, period = _ratio(*(n - corners for n in (extent, positions)))
    if not jump or period > PERIODS:
        return GLOBAL
    reads = []
    for y in range(period):
        above, below = y * jump, period
        if mode != "nearest" and not align_corners:
            above, below = (2 * y + 1) * jump - period, 2 * period
        first, between = above // below, above % below > 0 and mode != "nearest"
        more = between * (2 if mode == "bicubic" else 1)
        reads.append(range(first - more + between, first + more + 1))
    return Window(jump, tuple(reads))


def _ratio(extent: int, positions: int) -> tuple[int, int]:
    """Extent over positions in lowest terms."""
    common = gcd(extent, positions)
    return extent // common, positions // common
