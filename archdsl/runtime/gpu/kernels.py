"""Triton kernels: convolutions with all that follows, and local response normalisation."""

from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

# Triton's language, which is imported with the first kernel; annotations need one name.
tl: Any = SimpleNamespace(constexpr="constexpr")


def jit(function: Callable[..., Any]) -> Any:
    """Mark a function for Triton, whose import takes 0.2 s and waits for the first call."""
    return Kernel(function)


class Kernel:
    """A kernel that is compiled when it is called."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def __getitem__(self, grid: tuple[int, ...]) -> Any:
        return compiled()[self.function.__name__][grid]


@cache
def compiled() -> dict[str, Any]:
    """Compile all kernels, and put them in place of the functions, which name each other.

    Raise ImportError where there is no Triton, ValueError where this code is in no file.
    """
    import triton
    import triton.language

    sizes = ["pixels", "height", "width", "x_height", "x_width"]  # one for all of them
    kernels = {
        name: triton.jit(value.function, do_not_specialize=sizes)
        for name, value in globals().items()
        if isinstance(value, Kernel)
    }
    globals().update(kernels, tl=triton.language)
    return kernels


def rows(x: Tensor) -> Tensor:
    """Return a value in channels_last; a slice of such a value is left as it is."""
    if x.stride(1) == 1:
        return x
    return x.contiguous(memory_format=torch.channels_last)


def strides(x: Tensor | None) -> tuple[int, int, int]:
    """Return the strides of images, rows and pixels."""
    return (0, 0, 0) if x is None else (x.stride(0), x.stride(2), x.stride(3))


@jit
def position(pixel, height, width, image_step, row_step, pixel_step):
    """Return a pixel's offset in 64 bits: many images have more than 2**31 numbers."""
    image, row = pixel // (height * width), pixel // width % height
    at = image.to(tl.int64) * image_step
    return at + row * row_step + pixel % width * pixel_step


@jit
def convolution_kernel(
    x, weight, bias, low, high, other, y, rest,
    inputs, outputs, split, wide, pixels, height, width, x_height, x_width,
    x_image, x_row, x_pixel, other_image, other_row, other_pixel,
    y_image, y_row, y_pixel, rest_image, rest_row, rest_pixel,
    KERNEL: tl.constexpr, STRIDE: tl.constexpr, PADDING: tl.constexpr,
    RELU: tl.constexpr,
    PIXELS: tl.constexpr, OUTPUTS: tl.constexpr, INPUTS: tl.constexpr,
):  # fmt: skip
    """Compute a tile of y = relu(conv(clamp(x, low, high)) + bias + other).

    A tile is pixels by channels, a sum of matrix products over some inputs at each tap of
    the window. Tiles of the same pixels are neighbours: the first brings their inputs into
    the cache. `wide` outputs read the same inputs. Outputs from `split` on go to `rest`.
    """
    across = tl.cdiv(outputs, OUTPUTS)
    tile = tl.program_id(0)
    pixel = tile // across * PIXELS + tl.arange(0, PIXELS)
    channel = tile % across * OUTPUTS + tl.arange(0, OUTPUTS)
    row = pixel // width % height * STRIDE - PADDING
    column = pixel % width * STRIDE - PADDING
    x_at = position(pixel, height, width, x_image, x_row * STRIDE, x_pixel * STRIDE)
    x_at += tile % across * OUTPUTS // wide * inputs - PADDING * (x_row + x_pixel)
    blocks = tl.cdiv(inputs, INPUTS)
    sums = tl.zeros((PIXELS, OUTPUTS), tl.float32)
    for step in range(KERNEL * KERNEL * blocks):
        tap, block = 0, step
        if KERNEL > 1:
            tap, block = step // blocks, step % blocks
        down, right = tap // KERNEL, tap % KERNEL
        i = block * INPUTS + tl.arange(0, INPUTS)
        known, seen = i < inputs, pixel < pixels
        if PADDING > 0:
            seen &= (row + down >= 0) & (row + down < x_height)
            seen &= (column + right >= 0) & (column + right < x_width)
        a_at = (x_at + down * x_row + right * x_pixel)[:, None] + i[None, :]
        a = tl.load(x + a_at, seen[:, None] & known[None, :], 0.0)
        if low is not None:
            bound = tl.load(low + i, known, 0.0)[None, :]
            a = tl.maximum(a, bound, propagate_nan=tl.PropagateNan.ALL)
        if high is not None:
            bound = tl.load(high + i, known, 0.0)[None, :]
            a = tl.minimum(a, bound, propagate_nan=tl.PropagateNan.ALL)
        w_known = known[:, None] & (channel < outputs)[None, :]
        w_at = (channel[None, :] * KERNEL * KERNEL + tap) * inputs + i[:, None]
        w = tl.load(weight + w_at, w_known, 0.0)
        sums = tl.dot(a.to(w.dtype), w, sums, input_precision="ieee")
    if bias is not None:
        sums += tl.load(bias + channel, channel < outputs, 0.0)[None, :]
    inside = (pixel < pixels)[:, None] & (channel < outputs)[None, :]
    if other is not None:
        at = position(pixel, height, width, other_image, other_row, other_pixel)
        sums += tl.load(other + at[:, None] + channel[None, :], inside, 0.0)
    if RELU:
        sums = tl.maximum(sums, 0.0, propagate_nan=tl.PropagateNan.ALL)
    at = position(pixel, height, width, y_image, y_row, y_pixel)
    first = inside & (channel < split)[None, :]
    tl.store(y + at[:, None] + channel[None, :], sums, first)
    if rest is not None:
        at = position(pixel, height, width, rest_image, rest_row, rest_pixel) - split
        second = inside & (channel >= split)[None, :]
        tl.store(rest + at[:, None] + channel[None, :], sums, second)


def convolution(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    padding: tuple[int, int] = (0, 0),
    stride: tuple[int, int] = (1, 1),
    dilation: tuple[int, int] = (1, 1),
    *,
    low: Tensor | None = None,
    high: Tensor | None = None,
    other: Tensor | None = None,
    relu: bool = False,
    out: tuple[Tensor, ...] | None = None,
) -> Tensor:
    """Compute a convolution with a square window, of a value clamped to `low` and `high`.

    The value may be a slice of one in channels_last, and so may be the places where the result
    is written, `out`: one, or a second for the channels that the first has no room for. The
    first is returned. Weights for fewer inputs than there are make groups, as `block_diagonal`
    returns them. Bounds need a window without padding. Other windows and groups raise
    ValueError.
    """
    x, other = rows(x), None if other is None else rows(other)
    weight = weight.contiguous(memory_format=torch.channels_last)
    images, channels, x_height, x_width = x.shape
    outputs, inputs, *kernel = weight.shape
    height, width = (
        (n + 2 * around - size) // step + 1
        for n, around, size, step in zip(
            x.shape[2:], padding, kernel, stride, strict=True
        )
    )
    pixels, groups = images * height * width, channels // inputs
    wide = outputs // groups
    many, across = tile(pixels * groups, wide)
    square = all(down == right for down, right in (padding, stride, kernel))
    if not square or dilation != (1, 1) or (groups > 1 and wide % across):
        raise ValueError("no square window, or groups that are no whole tiles")
    if out is None:
        out = (x.new_empty((images, height, width, outputs)).permute(0, 3, 1, 2),)
    y, rest = out[0], out[1] if len(out) > 1 else None
    with torch.cuda.device_of(x):
        convolution_kernel[(-(-pixels // many) * -(-outputs // across),)](
            x, weight, bias, low, high, other, y, rest,
            inputs, outputs, y.shape[1], wide, pixels, height, width, x_height, x_width,
            *strides(x), *strides(other), *strides(y), *strides(rest),
            KERNEL=kernel[0], STRIDE=stride[0], PADDING=padding[0], RELU=relu,
            PIXELS=many, OUTPUTS=across,
            # of each pixel the 128 bytes that memory hands out at once, if there are as many
            INPUTS=min(128 // x.itemsize, max(16, 1 << (inputs - 1).bit_length())),
            num_warps=8 if many * across > 1 << 13 else 4,
        )  # fmt: skip
    return y


def tile(pixels: int, channels: int) -> tuple[int, int]:
    """Return how many pixels and channels one program computes.

    A large tile reads its inputs fewer times and suits tensor cores; fewer than 128 tiles
    would leave multiprocessors of a GPU idle.
    """
    many, across = 128, 128
    while across > 32 and across >= 2 * channels:
        across //= 2
    while many * across > 32 * 32 and -(-pixels // many) * -(-channels // across) < 128:
        many, across = (many // 2, across) if many >= across else (many, across // 2)
    return many, across


def block_diagonal(weight: Tensor) -> Tensor:
    """Join narrow groups into groups of 32 inputs and outputs, with zeros in between.

    Tensor cores multiply no narrower matrices well.
    """
    outputs, narrow, height, width = weight.shape
    groups = weight.reshape(-1, 32 // narrow, narrow, narrow, height, width)
    same = torch.eye(32 // narrow, dtype=weight.dtype, device=weight.device)
    wide = torch.einsum("tgoiyx,gh->tgohiyx", groups, same)
    wide = wide.reshape(outputs, 32, height, width)
    return wide.contiguous(memory_format=torch.channels_last)


@jit
def lrn_kernel(
    x, y, pixels, channels,
    SIZE: tl.constexpr, ALPHA: tl.constexpr,
    BETA: tl.constexpr, K: tl.constexpr,
    PIXELS: tl.constexpr, CHANNELS: tl.constexpr,
):  # fmt: skip
    """Compute y = x / (K + ALPHA * mean of squares)^BETA for some pixels."""
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
    """Compute `F.local_response_norm`, reading the value once."""
    x = x.contiguous(memory_format=torch.channels_last)
    y = torch.empty_like(x)
    images, channels, height, width = x.shape
    pixels, across = images * height * width, 1 << (channels - 1).bit_length()
    many = max(1024 // across, 1)
    with torch.cuda.device_of(x):
        lrn_kernel[(-(-pixels // many),)](
            x, y, pixels, channels, size, alpha, beta, k, PIXELS=many, CHANNELS=across
        )
    return y
