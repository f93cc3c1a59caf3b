"""Input positions that each output position reads, along one axis."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from math import gcd
from typing import NamedTuple

from archdsl.records import record


@record
class Pattern:
    """The ranges that a period of outputs reads, computed lazily since there may be many."""

    period: int
    rule: Callable[[int], range]

    def __len__(self) -> int:
        return self.period

    def __iter__(self) -> Iterator[range]:
        return map(self.rule, range(self.period))

    def __getitem__(self, output: int) -> range:
        return self.rule(output)


class Window(NamedTuple):
    """The positions that outputs read; the pattern repeats with a period of `len(reads)`.

    The output at `len(reads) * q + r` reads the input at `jump * q + t` for t in `reads[r]`. The
    stride is jump / period: 2 for a convolution with stride 2, 1/2 for a transposed one, 0 where
    every output reads the same. The image is taken as infinite: padding counts as image.
    """

    jump: int
    reads: tuple[range, ...] | Pattern


Windows = tuple[Window, ...]  # along each axis: height and width of an image

SAME = Window(1, (range(1),))
GLOBAL = Window(0, ())  # no output's position matters: each sees all
POINTWISE: Windows = (SAME, SAME)
EVERYWHERE: Windows = (GLOBAL, GLOBAL)


def along_axes(windows: Windows, axes: int) -> Windows:
    """The windows of a value of so many axes, where those of an image are the same."""
    return windows if len(windows) == axes else windows[:1] * axes


@lru_cache(1024)
def sliding(kernel: int, stride: int, padding: int, dilation: int = 1) -> Window:
    """The window of a convolution or pool; `padding` is that before the image.

    Source: Araujo, Norris and Sim, Distill 2019, section 2.
    """
    return Window(stride, (range(-padding, dilation * (kernel - 1) + 1 - padding, dilation),))


@lru_cache(1024)
def sliding_back(kernel: int, stride: int, padding: int, dilation: int = 1) -> Window:
    """The window of a transposed convolution: y reads x if y = stride x - padding + dilation tap.

    Source: Dumoulin and Visin 2016 (arXiv:1603.07285), section 4. Where the kernel is smaller than
    the stride some outputs read nothing.
    """
    common = gcd(stride, dilation)
    every, step = stride // common, dilation // common  # taps that meet positions; their distance
    inverse = pow(step, -1, every)

    def rule(output: int) -> range:
        shifted = output + padding
        tap = shifted // common * inverse % every  # the first that meets one
        if shifted % common or tap >= kernel:
            return range(0)
        last, more = (shifted - dilation * tap) // stride, (kernel - 1 - tap) // every
        return range(last - step * more, last + 1, step)

    return Window(1, Pattern(stride, rule))


@lru_cache(1024)
def pooled(extent: int, cells: int) -> Window:
    """The window of an adaptive pool: y reads from floor(y extent / cells) to ceil((y + 1) ...)."""
    jump, period = _ratio(extent, cells)
    if cells == 1:
        return GLOBAL
    return Window(
        jump, Pattern(period, lambda y: range(y * jump // period, -(-(y + 1) * jump // period)))
    )


@lru_cache(1024)
def interpolated(extent: int, positions: int, mode: str, align_corners: bool) -> Window:
    """The window of a resize from `extent` to `positions`: the neighbours of each value.

    Source: PyTorch's `interpolate`. Nearest takes floor(y * extent / positions). The others lie at
    (y + 1/2) * extent / positions - 1/2, or with aligned corners at y * (extent - 1) / (positions
    - 1); one that meets a position reads no other.
    """
    corners = int(align_corners and positions > 1)
    jump, period = _ratio(extent - corners, positions - corners)

    def rule(output: int) -> range:
        above, below = output * jump, period
        if mode != "nearest" and not align_corners:
            above, below = (2 * output + 1) * jump - period, 2 * period
        first = above // below
        if mode == "nearest" or above % below == 0:
            return range(first, first + 1)
        return range(first - 1, first + 3) if mode == "bicubic" else range(first, first + 2)

    return Window(jump, Pattern(period, rule)) if jump else GLOBAL


def _ratio(extent: int, positions: int) -> tuple[int, int]:
    """Return extent over positions in lowest terms."""
    common = gcd(extent, positions)
    return extent // common, positions // common
