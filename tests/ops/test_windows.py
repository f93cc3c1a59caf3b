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

EXTENTS = st.integers(1, 24)
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


@given(pairs(EXTENTS), pairs(KERNELS), pairs(STRIDES), st.tuples(PADS, PADS, PADS, PADS),
       pairs(DILATIONS))  # fmt: skip
def test_a_convolution_has_pytorchs_shape_and_refuses_what_it_refuses(
    extent: Any, kernel: Any, stride: Any, pad: Any, dilation: Any
) -> None:
    op = Conv(kernel, 2, stride, pad, 1, dilation)
    weight = torch.zeros(2, 1, *kernel)
    top, bottom, left, right = pad
    shape = (1, *extent)

    def run(x: Tensor) -> Tensor:
        padded = F.pad(x, (left, right, top, bottom))
        return F.conv2d(padded, weight, stride=stride, dilation=dilation)

    assert inferred(op, shape) == actual(run, shape)


@given(pairs(EXTENTS), pairs(KERNELS), pairs(STRIDES), pairs(PADS), st.booleans(), st.booleans())
def test_a_pool_has_pytorchs_shape_and_refuses_what_it_refuses(
    extent: Any, kernel: Any, stride: Any, pad: Any, ceil: bool, include: bool
) -> None:
    shape = (3, *extent)
    sides = (pad[0], pad[0], pad[1], pad[1])
    largest = MaxPool(kernel, stride, sides, ceil)
    mean = AvgPool(kernel, stride, sides, ceil, include)

    def run_max(x: Tensor) -> Tensor:
        return F.max_pool2d(x, kernel, stride, pad, ceil_mode=ceil)

    def run_mean(x: Tensor) -> Tensor:
        return F.avg_pool2d(x, kernel, stride, pad, ceil, include)

    assert inferred(largest, shape) == actual(run_max, shape)
    assert inferred(mean, shape) == actual(run_mean, shape)


@given(pairs(EXTENTS), pairs(KERNELS), pairs(STRIDES), pairs(PADS), pairs(DILATIONS),
       st.integers(0, 5))  # fmt: skip
def test_a_transposed_convolution_has_pytorchs_shape_and_refuses_what_it_refuses(
    extent: Any, kernel: Any, stride: Any, pad: Any, dilation: Any, extra: int
) -> None:
    sides = (pad[0], pad[0], pad[1], pad[1])
    op = Deconv(kernel, 2, stride, sides, extra, 1, dilation)
    weight = torch.zeros(1, 2, *kernel)

    def run(x: Tensor) -> Tensor:
        return F.conv_transpose2d(
            x, weight, stride=stride, padding=pad, output_padding=extra, dilation=dilation
        )

    assert inferred(op, (1, *extent)) == actual(run, (1, *extent))


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
