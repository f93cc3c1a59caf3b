"""Max pools, which keep no positions of the maxima."""

from functools import lru_cache, partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from archdsl.runtime.layers.layer import Sizes, pair, plain_only

# Bytes from which images are pooled one at a time: the maxima of rows then stay in the
# cache of a core.
LARGE = 2 << 20


def max_pool(
    x: Tensor,
    kernel: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    rectified: bool = False,
) -> Tensor:
    """Compute `F.max_pool2d`; on a CPU by rows, then by columns, where that is faster.

    `rectified` values are not negative: in half precision their bits are in the same order,
    and are compared.
    """
    kernel, padding = pair(kernel), pair(padding)
    stride = pair(stride) if stride else kernel
    bits = rectified and x.dtype.itemsize == 2
    rows_pay = bits or x.dtype is torch.float32 or stride[0] == 1 or x.shape[3] > 64
    plain = x.device.type != "cpu" or plain_only()
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


# One position in all windows: the first window that has a pixel there, the window after the
# last, and the slice of these pixels.
Shift = tuple[int, int, slice]


@lru_cache(256)
def windows(
    extent: int, kernel: int, stride: int, padding: int, ceil: bool
) -> tuple[int, list[Shift]]:
    """Return the number of windows along an axis, and their shifts, the widest first."""
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
    """Write the maximum of each window along one axis, of all windows at once."""
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

    def extra_repr(self) -> str:
        kernel, stride, padding, ceil_mode, _ = self.window
        shown = f"kernel_size={kernel}, stride={stride or kernel}, padding={padding}"
        return f"{shown}, ceil_mode={ceil_mode}"
