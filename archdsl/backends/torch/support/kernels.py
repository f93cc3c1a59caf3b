"""Triton's kernels for inference engines."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

try:
    import triton
    import triton.language as tl
    from triton.language import constexpr
except ImportError:  # then no kernel works, and none is chosen
    triton = constexpr = None


def jit(kernel: Callable[..., Any]) -> Any:
    """A function that Triton compiles for a GPU at its first call."""
    sizes = ["pixels", "height", "width", "x_height", "x_width"]  # one for all of them
    try:
        return triton.jit(kernel, do_not_specialize=sizes)
    except (AttributeError, ValueError):  # no Triton, or no file for it to read
        return kernel  # fails when it is tried, and so is never chosen


def rows(x: Tensor) -> Tensor:
    """A value with the channels of each pixel side by side; a slice of such a value is one."""
    if x.stride(1) == 1:
        return x
    return x.contiguous(memory_format=torch.channels_last)


def steps(x: Tensor | None) -> tuple[int, int, int]:
    """How far it is in memory to the next image, row and pixel."""
    return (0, 0, 0) if x is None else (x.stride(0), x.stride(2), x.stride(3))


@jit
def position(pixel, height, width, image_step, row_step, pixel_step):
    """Where a pixel is, with 64 bits: many images have more than 2**31 numbers."""
    image, row = pixel // (height * width), pixel // width % height
    at = image.to(tl.int64) * image_step
    return at + row * row_step + pixel % width * pixel_step


@jit
def finish(
    sums, bias, other, y, pixel, channel, inside, channels, other_at, RELU: constexpr
):  # fmt: skip
    """The end of a convolution, before its result is written: bias, sum and ReLU."""
    if bias is not None:
        sums += tl.load(bias + channel, mask=channel < channels, other=0.0)[None, :]
    if other is not None:
        sums += tl.load(other + other_at[:, None] + channel[None, :], inside, 0.0)
    if RELU:
        sums = tl.maximum(sums, 0.0, propagate_nan=tl.PropagateNan.ALL)
    y_at = pixel.to(tl.int64) * channels
    tl.store(y + y_at[:, None] + channel[None, :], sums, inside)


@jit
def pointwise_kernel(
    x, weight, bias, low, high, other, y,
    inputs, outputs, pixels, height, width,
    x_image, x_row, x_pixel, other_image, other_row, other_pixel,
    RELU: constexpr,
    PIXELS: constexpr, OUTPUTS: constexpr, INPUTS: constexpr,
):  # fmt: skip
    """A tile of y = relu(clamp(x, low, high) weight + bias + other), pixels by channels.

    Tiles of the same pixels are neighbours: the first has brought their inputs into the cache.
    """
    across = tl.cdiv(outputs, OUTPUTS)
    tile = tl.program_id(0)
    pixel = tile // across * PIXELS + tl.arange(0, PIXELS)
    channel = tile % across * OUTPUTS + tl.arange(0, OUTPUTS)
    x_at = position(pixel, height, width, x_image, x_row, x_pixel)
    sums = tl.zeros((PIXELS, OUTPUTS), tl.float32)
    for first in range(0, inputs, INPUTS):
        i = first + tl.arange(0, INPUTS)
        known = i < inputs
        a_known = (pixel < pixels)[:, None] & known[None, :]
        a = tl.load(x + x_at[:, None] + i[None, :], a_known, 0.0)
        if low is not None:
            bound = tl.load(low + i, known, 0.0)[None, :]
            a = tl.maximum(a, bound, propagate_nan=tl.PropagateNan.ALL)
        if high is not None:
            bound = tl.load(high + i, known, 0.0)[None, :]
            a = tl.minimum(a, bound, propagate_nan=tl.PropagateNan.ALL)
        w_known = known[:, None] & (channel < outputs)[None, :]
        w = tl.load(weight + channel[None, :] * inputs + i[:, None], w_known, 0.0)
        sums = tl.dot(a.to(w.dtype), w, sums, input_precision="ieee")
    inside = (pixel < pixels)[:, None] & (channel < outputs)[None, :]
    other_at = position(pixel, height, width, other_image, other_row, other_pixel)
    finish(sums, bias, other, y, pixel, channel, inside, outputs, other_at, RELU)


def pointwise(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    *,
    low: Tensor | None = None,
    high: Tensor | None = None,
    other: Tensor | None = None,
    relu: bool = False,
) -> Tensor:
    """A 1x1 convolution of a value whose channels are kept between `low` and `high`.

    The value may be a slice, or every other pixel, of one in channels_last: it is not copied.
    """
    x, other = rows(x), None if other is None else rows(other)
    images, inputs, height, width = x.shape
    outputs, pixels = len(weight), images * height * width
    y = x.new_empty((images, height, width, outputs)).permute(0, 3, 1, 2)
    many, across = tile(pixels, outputs)
    with torch.cuda.device_of(x):
        pointwise_kernel[(-(-pixels // many) * -(-outputs // across),)](
            x, weight, bias, low, high, other, y,
            inputs, outputs, pixels, height, width, *steps(x), *steps(other),
            # of each pixel the 128 bytes that memory hands out at once
            INPUTS=128 // x.itemsize,
            RELU=relu, PIXELS=many, OUTPUTS=across,
            num_warps=8 if many * across > 1 << 13 else 4,
        )  # fmt: skip
    return y


def tile(pixels: int, channels: int) -> tuple[int, int]:
    """Pixels and channels that one program computes.

    A large tile reads its inputs fewer times and is what tensor cores want; but where there
    would be fewer than 128 a GPU with as many multiprocessors would stand idle in parts.
    """
    many, across = 128, 128
    while across > 32 and across >= 2 * channels:
        across //= 2
    while many * across > 32 * 32 and -(-pixels // many) * -(-channels // across) < 128:
        many, across = (many // 2, across) if many >= across else (many, across // 2)
    return many, across


@jit
def grouped_kernel(
    x, weight, bias, other, y,
    channels, pixels, height, width, x_height, x_width,
    x_image, x_row, x_pixel, other_image, other_row, other_pixel,
    KERNEL: constexpr, STRIDE: constexpr, PADDING: constexpr,
    RELU: constexpr, PIXELS: constexpr,
):  # fmt: skip
    """Some pixels of 32 channels, which are whole groups: a product for each tap of the window.

    Tensor cores multiply no narrower matrices well; the weights between groups are nought.
    """
    across = channels // 32
    tile = tl.program_id(0)
    lane = tl.arange(0, 32)
    channel = tile % across * 32 + lane
    pixel = tile // across * PIXELS + tl.arange(0, PIXELS)
    row = pixel // width % height * STRIDE - PADDING
    column = pixel % width * STRIDE - PADDING
    x_at = position(pixel, height, width, x_image, x_row * STRIDE, x_pixel * STRIDE)
    x_at -= PADDING * (x_row + x_pixel)
    weights = weight + tile % across * KERNEL * KERNEL * 32 * 32
    sums = tl.zeros((PIXELS, 32), tl.float32)
    for tap in range(KERNEL * KERNEL):
        down, right = tap // KERNEL, tap % KERNEL
        seen = (row + down >= 0) & (row + down < x_height) & (pixel < pixels)
        seen &= (column + right >= 0) & (column + right < x_width)
        a_at = x_at + down * x_row + right * x_pixel
        a = tl.load(x + a_at[:, None] + channel[None, :], seen[:, None], 0.0)
        w = tl.load(weights + (tap * 32 + lane[:, None]) * 32 + lane[None, :])
        sums = tl.dot(a, w, sums, input_precision="ieee")
    inside = (pixel < pixels)[:, None] & (channel < channels)[None, :]
    other_at = position(pixel, height, width, other_image, other_row, other_pixel)
    finish(sums, bias, other, y, pixel, channel, inside, channels, other_at, RELU)


def grouped(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    *,
    kernel: int,
    stride: int,
    padding: int,
    other: Tensor | None = None,
    relu: bool = False,
) -> Tensor:
    """A convolution in narrow groups with the weights of `block_diagonal`."""
    x, other = rows(x), None if other is None else rows(other)
    images, channels, x_height, x_width = x.shape
    height, width = (
        (n + 2 * padding - kernel) // stride + 1 for n in (x_height, x_width)
    )
    pixels = images * height * width
    y = x.new_empty((images, height, width, channels)).permute(0, 3, 1, 2)
    many, _ = tile(pixels * (channels // 32), 32)
    with torch.cuda.device_of(x):
        grouped_kernel[(-(-pixels // many) * (channels // 32),)](
            x, weight, bias, other, y,
            channels, pixels, height, width, x_height, x_width,
            *steps(x), *steps(other),
            KERNEL=kernel, STRIDE=stride, PADDING=padding, RELU=relu, PIXELS=many,
        )  # fmt: skip
    return y


def block_diagonal(weight: Tensor) -> Tensor:
    """The weights of narrow groups as matrices of 32 inputs by 32 outputs for each tap."""
    outputs, narrow = weight.shape[:2]
    groups = weight.reshape(outputs // 32, 32 // narrow, narrow, narrow, -1)
    same = torch.eye(32 // narrow, dtype=weight.dtype, device=weight.device)
    tiles = torch.einsum("tgoik,gh->tkhigo", groups, same)
    return tiles.reshape(-1, 32, 32).contiguous()


@jit
def lrn_kernel(
    x, y, pixels, channels,
    SIZE: constexpr, ALPHA: constexpr,
    BETA: constexpr, K: constexpr,
    PIXELS: constexpr, CHANNELS: constexpr,
):  # fmt: skip
    """y = x / (K + ALPHA * mean of squares)^BETA for some pixels."""
    pixel = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)
    channel = tl.arange(0, CHANNELS)
    at = pixel.to(tl.int64)[:, None] * channels + channel[None, :]
    inside = (pixel < pixels)[:, None]
    squares = tl.zeros((PIXELS, CHANNELS), tl.float32)
    for shift in tl.static_range(-(SIZE // 2), (SIZE + 1) // 2):
        known = (channel + shift >= 0) & (channel + shift < channels)
        near = tl.load(x + at + shift, inside & known[None, :], 0.0).to(tl.float32)
        squares += near * near
    inside &= (channel < channels)[None, :]
    own = tl.load(x + at, inside, 0.0).to(tl.float32)
    divisor = tl.exp2(BETA * tl.log2(K + ALPHA / SIZE * squares))
    tl.store(y + at, own / divisor, inside)


def lrn(x: Tensor, size: int, alpha: float, beta: float, k: float) -> Tensor:
    """`F.local_response_norm` in one reading of the value."""
    x = x.contiguous(memory_format=torch.channels_last)
    y = torch.empty_like(x)
    images, channels, height, width = x.shape
    pixels, across = images * height * width, triton.next_power_of_2(channels)
    many = max(1024 // across, 1)
    with torch.cuda.device_of(x):
        lrn_kernel[(-(-pixels // many),)](
            x, y, pixels, channels, size, alpha, beta, k, PIXELS=many, CHANNELS=across
        )
    return y
