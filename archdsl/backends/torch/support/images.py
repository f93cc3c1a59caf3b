"""What an engine does to images without weights: pools, concatenations, slices."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from archdsl.backends.torch.support.choice import Choice
from archdsl.backends.torch.support.kernels import lrn
from archdsl.backends.torch.support.layers import Sizes, measures, pair
from archdsl.backends.torch.support.weights import Trained
from torch import Tensor, nn


def max_pool(
    x: Tensor,
    kernel: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    rectified: bool = False,
) -> Tensor:
    """`F.max_pool2d`; on a CPU, where that is faster, rows first and then columns.

    Of half precision that is nowhere below zero the bits are compared, which keep the order.
    """
    kernel, padding = pair(kernel), pair(padding)
    stride = pair(stride) if stride else kernel
    bits = rectified and x.dtype.itemsize == 2
    rows_pay = bits or x.dtype is torch.float32 or stride[0] == 1 or x.shape[3] > 64
    if x.device.type != "cpu" or x.shape[2] < 8 or not rows_pay:
        return F.max_pool2d(x, kernel, stride, padding, ceil_mode=ceil_mode)
    y = x.view(torch.int16) if bits else x
    for axis in (2, 3):
        i = axis - 2
        y = maxima(y, axis, kernel[i], stride[i], padding[i], ceil_mode)
    return y.view(x.dtype)


def maxima(
    x: Tensor, axis: int, kernel: int, stride: int, padding: int, ceil: bool
) -> Tensor:
    """The largest of each window along one axis, by shifted copies of all windows at once."""
    extent = x.shape[axis]
    over = extent + 2 * padding - kernel
    count = (-(-over // stride) if ceil else over // stride) + 1
    if (count - 1) * stride >= extent + padding:
        count -= 1  # no window starts behind the image

    def windows(shift: int) -> tuple[int, int, Tensor]:
        """Which windows have something at a shift, and what."""
        start = shift - padding
        first = max(-(start // stride), 0)
        last = min((extent - 1 - start) // stride, count - 1)
        index = [slice(None)] * 4
        index[axis] = slice(start + first * stride, start + last * stride + 1, stride)
        return first, last + 1, x[tuple(index)]

    parts = [windows(shift) for shift in range(kernel)]
    parts.sort(key=lambda part: part[0] - part[1])  # what all windows have comes first
    whole = sum(stop - first == count for first, stop, _ in parts)
    if whole > 1:
        y, parts = torch.maximum(parts[0][2], parts[1][2]), parts[2:]
    elif whole:
        y, parts = parts[0][2].clone(memory_format=torch.channels_last), parts[1:]
    else:
        shape = [count if i == axis else size for i, size in enumerate(x.shape)]
        y = x.new_empty(shape).to(memory_format=torch.channels_last)
        y.fill_(-torch.inf if x.is_floating_point() else 0)
    for first, stop, part in parts:
        into = y.narrow(axis, first, stop - first)
        torch.maximum(into, part, out=into)
    return y


class MaxPool(nn.Module):
    """`max_pool` as a module."""

    def __init__(
        self,
        kernel: Sizes,
        *,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        ceil_mode: bool = False,
        rectified: bool = False,
    ) -> None:
        super().__init__()
        self.window = (kernel, stride, padding, ceil_mode, rectified)

    def forward(self, x: Tensor) -> Tensor:
        return max_pool(x, *self.window)


def densely(layers: list[nn.Module], x: Tensor) -> Tensor:
    """A dense block: all layers write into one value, of which each reads what is there."""
    new = layers[0](x)
    count, growth = x.shape[1], new.shape[1]
    shape = (len(x), count + growth * len(layers), *x.shape[2:])
    values = torch.empty(
        shape, dtype=x.dtype, device=x.device, memory_format=torch.channels_last
    )
    values[:, :count] = x
    for layer in layers[1:]:
        values[:, count : count + growth] = new
        count += growth
        new = layer(values[:, :count])
    values[:, count:] = new
    return values


class LocalResponseNorm(nn.Module):
    """`nn.LocalResponseNorm`, pixel by pixel, in single precision or better."""

    def __init__(
        self, size: int, *, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
    ) -> None:
        super().__init__()
        self.numbers = (size, alpha, beta, k)
        self.run: Callable[..., Tensor] = self.plain

    def load(self, trained: Trained) -> None:
        if measures(trained):
            self.run = Choice(self.plain, self.kernel)

    def forward(self, x: Tensor) -> Tensor:
        return self.run(x)

    def plain(self, x: Tensor) -> Tensor:
        size, alpha, beta, k = self.numbers
        pixels = x.permute(0, 2, 3, 1).to(torch.promote_types(x.dtype, torch.float32))
        squares = pixels * pixels
        near = squares.clone()
        for shift in range(1, size // 2 + 1):
            near[..., shift:] += squares[..., :-shift]
        for shift in range(1, (size + 1) // 2):
            near[..., :-shift] += squares[..., shift:]
        y = near.mul_(alpha / size).add_(k).pow_(-beta).mul_(pixels)
        return y.to(x.dtype).permute(0, 3, 1, 2)

    def kernel(self, x: Tensor) -> Tensor:
        return lrn(x, *self.numbers)


class Channels(nn.Module):
    """The channels from `start` up to `stop`."""

    def __init__(self, start: int, stop: int) -> None:
        super().__init__()
        self.start = start
        self.stop = stop

    def forward(self, x: Tensor) -> Tensor:
        return x[:, self.start : self.stop]
