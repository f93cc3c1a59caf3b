"""What an engine does to images without weights: pools, concatenations, slices."""

from functools import cache, partial

import torch
import torch.nn.functional as F
from archdsl.backends.torch.support.choice import Choice, stored
from archdsl.backends.torch.support.kernels import lrn
from archdsl.backends.torch.support.operators import (
    Layer,
    Sizes,
    measures,
    pair,
    plainly,
)
from archdsl.backends.torch.support.weights import Trained
from torch import Tensor, nn
from torch.overrides import handle_torch_function, has_torch_function

# Bytes from which on an image is pooled alone: what is between rows and columns is then
# in a core's own cache.
LARGE = 2 << 20


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
    plain = x.device.type != "cpu" or plainly()
    if plain or x.shape[2] < 8 or not rows_pay:
        return F.max_pool2d(x, kernel, stride, padding, ceil_mode=ceil_mode)
    given = x.view(torch.int16) if bits else x
    _, channels, height, width = x.shape
    down = windows(height, kernel[0], stride[0], padding[0], ceil_mode)
    across = windows(width, kernel[1], stride[1], padding[1], ceil_mode)
    few = 1 if x.nbytes > LARGE * len(x) else max(len(x), 1)
    empty = partial(torch.empty, dtype=given.dtype, memory_format=torch.channels_last)
    rows = empty((few, channels, down[0], width))
    y = empty((len(x), channels, down[0], across[0]))
    for at in range(0, len(x), few):
        maxima(given[at : at + few], 2, down[1], rows)
        maxima(rows, 3, across[1], y[at : at + few])
    return y.view(x.dtype)


# For a shift in all windows: the first that has something there, the one after the last,
# and what they have.
Shift = tuple[int, int, slice]


@cache
def windows(
    extent: int, kernel: int, stride: int, padding: int, ceil: bool
) -> tuple[int, list[Shift]]:
    """How many windows an axis has, and their shifts, those that all have first."""
    over = extent + 2 * padding - kernel
    count = (-(-over // stride) if ceil else over // stride) + 1
    if (count - 1) * stride >= extent + padding:
        count -= 1  # no window starts behind the image
    shifts = []
    for start in range(-padding, kernel - padding):
        first = max(-(start // stride), 0)
        last = min((extent - 1 - start) // stride, count - 1)
        part = slice(start + first * stride, start + last * stride + 1, stride)
        shifts.append((first, last + 1, part))
    return count, sorted(shifts, key=lambda shift: shift[0] - shift[1])


def maxima(x: Tensor, axis: int, shifts: list[Shift], y: Tensor) -> None:
    """Writes the largest of each window along one axis, of all windows at once."""
    before, count = (slice(None),) * axis, y.shape[axis]
    parts = [(first, stop, x[(*before, part)]) for first, stop, part in shifts]
    whole = [part for first, stop, part in parts[:2] if stop - first == count]
    if len(whole) == 2:
        torch.maximum(*whole, out=y)
    elif whole:
        y.copy_(whole[0])
    else:
        y.fill_(-torch.inf if x.is_floating_point() else 0)
    for first, stop, part in parts[len(whole) :]:
        into = y if stop - first == count else y.narrow(axis, first, stop - first)
        torch.maximum(into, part, out=into)


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
    put(values, 0, x)
    for layer in layers[1:]:
        put(values, count, new)
        count += growth
        new = layer(values[:, :count])
    put(values, count, new)
    return values


def put(values: Tensor, start: int, part: Tensor) -> None:
    """Writes channels that nobody has read, and nobody else writes."""
    if has_torch_function((values,)):  # for a recorder this is one operator
        handle_torch_function(put, (values,), values, start, part)
    else:
        values[:, start : start + part.shape[1]] = part


class LocalResponseNorm(Layer):
    """`nn.LocalResponseNorm`, pixel by pixel, in single precision or better."""

    def __init__(
        self, size: int, *, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
    ) -> None:
        super().__init__()
        self.numbers = (size, alpha, beta, k)
        self.run = self.later = self.plain

    def load(self, trained: Trained) -> None:
        if measures(trained):
            self.later = Choice(self.plain, self.kernel)

    def forward(self, x: Tensor) -> Tensor:
        return self.run(x)

    def plain(self, x: Tensor, out: tuple[Tensor, ...] | None = None) -> Tensor:
        size, alpha, beta, k = self.numbers
        pixels = x.permute(0, 2, 3, 1).to(torch.promote_types(x.dtype, torch.float32))
        squares = pixels * pixels
        near = squares.clone()
        for shift in range(1, size // 2 + 1):
            near[..., shift:] += squares[..., :-shift]
        for shift in range(1, (size + 1) // 2):
            near[..., :-shift] += squares[..., shift:]
        y = near.mul_(alpha / size).add_(k).pow_(-beta).mul_(pixels)
        return stored(y.to(x.dtype).permute(0, 3, 1, 2), out)

    def kernel(self, x: Tensor, out: tuple[Tensor, ...] | None = None) -> Tensor:
        return stored(lrn(x, *self.numbers), out)


class Channels(nn.Module):
    """The channels from `start` up to `stop`."""

    def __init__(self, start: int, stop: int) -> None:
        super().__init__()
        self.start = start
        self.stop = stop

    def forward(self, x: Tensor) -> Tensor:
        return x.narrow(1, self.start, self.stop - self.start)
