"""Winograd's convolution on a CPU: a quarter of a 3x3 convolution's products, plus sums."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import handle_torch_function, has_torch_function

from archdsl.runtime.cpu.packed import Packed, packed_convolution

# Products that a core computes in the time of writing or reading a byte; cores share memory.
BALANCE = 9
# Bytes of transformed tiles that stay in the cache until they are read.
NEAR = 2 << 20
# A filter at the points 0, 1, -1, 2, -2 and infinity, over the point's distance from the others.
FILTER = torch.tensor(
    [
        [1 / 4, 0, 0],
        [-1 / 6, -1 / 6, -1 / 6],
        [-1 / 6, 1 / 6, -1 / 6],
        [1 / 24, 1 / 12, 1 / 6],
        [1 / 24, -1 / 12, 1 / 6],
        [0, 0, 1],
    ],
    dtype=torch.float64,
)
# The window of a 1x1 convolution, and how many groups it has: one for each pair of points.
POINTWISE = (((0, 0), (1, 1), (1, 1)), 36)

Parts = tuple[Tensor, ...]


def winograd_pays(
    x: Tensor, weights: tuple[int, ...], padding: tuple[int, int]
) -> bool:
    """Whether saving products gains more time than moving tiles costs on this processor.

    Tiles are 36 numbers a channel, written and read before the products and after them;
    and there are 36 weights to read in place of 9. `weights` is the filter's shape.
    """
    out, channels, _, _ = weights
    (height, width), (top, left) = x.shape[2:], padding
    rows, columns = height + 2 * top - 2, width + 2 * left - 2
    tiles = len(x) * -(-rows // 4) * -(-columns // 4)
    saved = (9 * len(x) * rows * columns - 36 * tiles) * out * channels
    moved = 4 * (36 * 4 * tiles * (out + channels) + 27 * out * channels)
    wide = torch.backends.cpu.get_cpu_capability() == "AVX512"
    possible = x.dtype is torch.float32 and max(padding) < 4  # no tile of padding alone
    return wide and possible and saved > BALANCE * torch.get_num_threads() * moved


def filter_transform(
    weight: Tensor, bias: Tensor | None
) -> tuple[Packed, Tensor | None]:
    """Return weights and bias of a 1x1 convolution in 36 groups; one group has a bias."""
    out, channels, _, _ = weight.shape
    both = torch.kron(FILTER, FILTER).to(weight.dtype)
    filters = both @ weight.permute(2, 3, 0, 1).reshape(9, -1)
    if bias is not None:
        bias = torch.cat([bias.new_zeros(7 * out), bias, bias.new_zeros(28 * out)])
    filters = filters.view(36 * out, channels, 1, 1)
    return packed_convolution(filters, *POINTWISE), bias


def data_transform(x: Parts, v: Parts) -> None:
    """Write the transform of six neighbours (B'x): one number for each point."""
    torch.sub(x[4], x[2], alpha=5, out=v[0]).add_(x[0], alpha=4)
    torch.sub(x[5], x[3], alpha=5, out=v[5]).add_(x[1], alpha=4)
    even, odd = torch.sub(x[4], x[2], alpha=4), torch.sub(x[3], x[1], alpha=4)
    torch.add(even, odd, out=v[1])
    torch.sub(even, odd, out=v[2])
    torch.sub(x[4], x[2], out=even)
    torch.sub(x[3], x[1], out=odd)
    torch.add(even, odd, alpha=2, out=v[3])
    torch.sub(even, odd, alpha=2, out=v[4])


def inverse_transform(m: Parts, y: Parts) -> None:
    """Write four neighbouring results (A'm) from the products at each point."""
    even, odd = torch.add(m[1], m[2]), torch.sub(m[1], m[2])
    even2, odd2 = torch.add(m[3], m[4]), torch.sub(m[3], m[4])
    torch.add(even, even2, out=y[0]).add_(m[0])
    torch.add(odd, odd2, alpha=2, out=y[1])
    torch.add(even, even2, alpha=4, out=y[2])
    torch.add(odd, odd2, alpha=8, out=y[3]).add_(m[5])


def tiled(x: Tensor) -> Tensor:
    """Return the transformed 6x6 tiles: one pixel a tile, 36 channels a channel.

    `x` has its channels last; its tiles overlap by two pixels.
    """
    count, height, width, channels = x.shape
    down, across = height // 4, width // 4
    rows = x.new_empty(count, down, 6, width, channels)
    data_transform(x.unfold(1, 6, 4).unbind(-1), rows.unbind(2))
    tiles = x.new_empty(count, down, across, 6, 6, channels)
    data_transform(rows.unfold(3, 6, 4).unbind(-1), tiles.transpose(2, 3).unbind(4))
    return tiles.view(1, count * down, across, -1).permute(0, 3, 1, 2)


def untiled(m: Tensor, count: int) -> Tensor:
    """Return the images of transformed products, with their channels last."""
    _, channels, down, across = m.shape
    down, channels = down // count, channels // 36
    m = m.permute(0, 2, 3, 1).view(count, down, across, 6, 6, channels)
    rows = m.new_empty(count, down, across, 4, 6, channels)
    inverse_transform(m.unbind(3), rows.unbind(3))
    del m
    y = rows.new_empty(count, down, 4, across, 4, channels)
    inverse_transform(rows.transpose(2, 3).unbind(4), y.unbind(4))
    return y.view(count, 4 * down, 4 * across, channels)


def spans(extent: int, most: int) -> list[slice]:
    """Split an axis into parts of one size, which overlap where that does not divide it."""
    count = -(-extent // max(most, 1))
    size = -(-extent // count)
    starts = [min(size * number, extent - size) for number in range(count)]
    return [slice(start, start + size) for start in starts]


def winograd(
    x: Tensor,
    filters: Packed,
    bias: Tensor | None,
    padding: tuple[int, int],
    other: Tensor | None,
    relu: bool,
) -> Tensor:
    """Compute a 3x3 convolution of stride 1, the sum with another value, a ReLU.

    F(4x4, 3x3) of Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2016:
    a tile of 4x4 results takes 36 products for a pair of channels; a direct convolution
    takes 144. Rounding errors are four to five times larger, some 1e-6 of the result.

    Filters and bias come from `filter_transform`. The tiles computed at a time take as much
    memory as the filters, which are read each time.
    """
    if has_torch_function((x,)):  # a recorder sees one operator
        arguments = (x, filters, bias, padding, other, relu)
        recorded: Tensor = handle_torch_function(winograd, (x,), *arguments)
        return recorded
    batch, channels, height, width = x.shape
    top, left = padding
    out = len(filters.weight) // 36
    shape = (batch, out, height + 2 * top - 2, width + 2 * left - 2)
    down, across = -(-shape[2] // 4), -(-shape[3] // 4)
    right = 4 * across + 2 - left - width
    most = max(NEAR, 4 * 36 * channels * out) // (4 * 36 * (channels + out))
    window, groups = POINTWISE
    convolution: Any = torch.ops.mkldnn._convolution_pointwise.default
    y = torch.empty(shape, memory_format=torch.channels_last)
    for images in spans(batch, most // (down * across)):
        for rows in spans(down, most // across):
            first, stop = 4 * rows.start - top, 4 * rows.stop + 2 - top
            part = x[images, :, max(first, 0) : stop]
            part = F.pad(part, (left, right, max(-first, 0), max(stop - height, 0)))
            count, tiles = len(part), tiled(part.permute(0, 2, 3, 1))
            given = (filters[tiles.shape], bias, *window, groups)
            m = convolution(tiles, *given, "none", [], None)
            del part, tiles
            z = untiled(m, count).permute(0, 3, 1, 2)
            del m
            where = (images, slice(None), slice(4 * rows.start, 4 * rows.stop))
            into = y[where]
            z = z[:, :, : into.shape[2], : into.shape[3]]
            if other is not None:
                z.add_(other[where])
            if relu:
                torch.clamp_min(z, 0, out=into)
            else:
                into.copy_(z)
    return y
