"""The arithmetic of windows against PyTorch, over random kernels, strides, pads and sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from archdsl.diagnostics import Rejected
from archdsl.ops import Op
from archdsl.ops.conv import Conv
from archdsl.ops.deconv import Deconv
from archdsl.ops.output_sizes import slide, slide_back, slide_ceil
from archdsl.ops.pool import AvgPool, MaxPool
from archdsl.ops.resize import Resize, Upsample
from archdsl.ops.values import Sides, Size

AXES = st.integers(1, 3)
EXTENTS = st.integers(1, 16)
KERNELS = st.integers(1, 8)
STRIDES = st.integers(1, 9)
PADS = st.integers(0, 5)
DILATIONS = st.integers(1, 4)


def pairs(of: st.SearchStrategy[int]) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(of, of)


def inferred(op: Op, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """The rule's answer; None where it rejects the input."""
    try:
        return op.infer((shape,))
    except Rejected:
        return None


def actual(run: Callable[[Tensor], Tensor], shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """PyTorch's answer; None where it refuses, or leaves nothing."""
    try:
        out = tuple(run(torch.zeros(1, *shape)).shape[1:])
    except RuntimeError:
        return None
    return out if min(out) > 0 else None


CONVOLUTIONS = (F.conv1d, F.conv2d, F.conv3d)
TRANSPOSED = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)
LARGEST_POOLS = (F.max_pool1d, F.max_pool2d, F.max_pool3d)
MEAN_POOLS = (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)


def sizes(of: st.SearchStrategy[int], count: int = 3) -> st.SearchStrategy[tuple[int, ...]]:
    """Numbers for three axes; a test takes as many as it needs."""
    return st.tuples(*[of] * count)


def both(pad: tuple[int, ...]) -> Sides:
    """A padding that is alike on both sides of each axis."""
    return Sides(side for number in pad for side in (number, number))


@given(AXES, sizes(EXTENTS), sizes(KERNELS), sizes(STRIDES), sizes(PADS, 6), sizes(DILATIONS))
def test_a_convolution_has_pytorchs_shape_and_refuses_what_it_refuses(
    axes: int, extent: Any, kernel: Any, stride: Any, pad: Any, dilation: Any
) -> None:
    kernel, stride, dilation = (Size(each[:axes]) for each in (kernel, stride, dilation))
    sides = Sides(pad[: 2 * axes])
    op = Conv(kernel, 2, stride, sides, 1, dilation)
    weight = torch.zeros(2, 1, *kernel)
    shape = (1, *extent[:axes])
    last_first = [side for axis in reversed(range(axes)) for side in pad[2 * axis : 2 * axis + 2]]

    def run(x: Tensor) -> Tensor:
        padded = F.pad(x, last_first)
        return CONVOLUTIONS[axes - 1](padded, weight, stride=stride, dilation=dilation)

    assert inferred(op, shape) == actual(run, shape)


@given(AXES, sizes(EXTENTS), sizes(KERNELS), sizes(STRIDES), sizes(PADS), st.booleans(),
       st.booleans())  # fmt: skip
def test_a_pool_has_pytorchs_shape_and_refuses_what_it_refuses(
    axes: int, extent: Any, kernel: Any, stride: Any, pad: Any, ceil: bool, include: bool
) -> None:
    shape = (3, *extent[:axes])
    kernel, stride, pad = Size(kernel[:axes]), Size(stride[:axes]), pad[:axes]
    largest = MaxPool(kernel, stride, both(pad), ceil)
    mean = AvgPool(kernel, stride, both(pad), ceil, include)

    def run_max(x: Tensor) -> Tensor:
        return LARGEST_POOLS[axes - 1](x, kernel, stride, pad, ceil_mode=ceil)

    def run_mean(x: Tensor) -> Tensor:
        return MEAN_POOLS[axes - 1](x, kernel, stride, pad, ceil, include)

    assert inferred(largest, shape) == actual(run_max, shape)
    assert inferred(mean, shape) == actual(run_mean, shape)


@given(AXES, sizes(EXTENTS), sizes(KERNELS), sizes(STRIDES), sizes(PADS), sizes(DILATIONS),
       st.integers(0, 5))  # fmt: skip
def test_a_transposed_convolution_has_pytorchs_shape_and_refuses_what_it_refuses(
    axes: int, extent: Any, kernel: Any, stride: Any, pad: Any, dilation: Any, extra: int
) -> None:
    kernel, stride, dilation = (Size(each[:axes]) for each in (kernel, stride, dilation))
    pad, shape = pad[:axes], (1, *extent[:axes])
    op = Deconv(kernel, 2, stride, both(pad), extra, 1, dilation)
    weight = torch.zeros(1, 2, *kernel)

    def run(x: Tensor) -> Tensor:
        return TRANSPOSED[axes - 1](
            x, weight, stride=stride, padding=pad, output_padding=extra, dilation=dilation
        )

    assert inferred(op, shape) == actual(run, shape)


@given(pairs(EXTENTS), pairs(st.integers(1, 4)), st.sampled_from(["nearest", "bilinear"]))
def test_resizing_has_pytorchs_shape(extent: Any, factor: Any, mode: str) -> None:
    shape = (2, *extent)
    scaled = actual(lambda x: F.interpolate(x, scale_factor=factor, mode=mode), shape)
    sized = actual(lambda x: F.interpolate(x, size=factor, mode=mode), shape)
    assert inferred(Upsample(factor, mode), shape) == scaled
    assert inferred(Resize(factor, mode), shape) == sized


@given(EXTENTS, KERNELS, STRIDES, PADS, DILATIONS)
def test_positions_are_those_that_can_be_counted(
    extent: int, kernel: int, stride: int, pad: int, dilation: int
) -> None:
    reach = dilation * (kernel - 1)
    starts = [p for p in range(-pad, extent + pad, stride) if p + reach < extent + pad]
    assert max(slide(extent, kernel, stride, 2 * pad, dilation), 0) == len(starts)


@given(EXTENTS, KERNELS, STRIDES, PADS)
def test_rounding_up_adds_at_most_one_position(
    extent: int, kernel: int, stride: int, pad: int
) -> None:
    down, up = slide(extent, kernel, stride, 2 * pad), slide_ceil(extent, kernel, stride, pad)
    if down >= 1 and pad <= kernel // 2:
        assert up - down in (0, 1)


@given(EXTENTS, KERNELS, STRIDES, PADS, DILATIONS)
def test_sliding_back_undoes_sliding(
    extent: int, kernel: int, stride: int, pad: int, dilation: int
) -> None:
    back = slide_back(extent, kernel, stride, pad, dilation)
    if back >= 1:
        assert slide(back, kernel, stride, 2 * pad, dilation) == extent
