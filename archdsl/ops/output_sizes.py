"""Output sizes of convolutions and pools."""

from __future__ import annotations

from collections.abc import Sequence

from archdsl.diagnostics import Rejected, shape_errors
from archdsl.ops.values import Sides, Size


def slide(extent: int, kernel: int, stride: int, padding: int, dilation: int = 1) -> int:
    """Count a window's positions along one axis; `padding` is the sum of both sides."""
    return (extent + padding - dilation * (kernel - 1) - 1) // stride + 1


def slide_ceil(extent: int, kernel: int, stride: int, padding: int) -> int:
    """Count positions rounded up; no window starts in the padding at the far side.

    Source: Caffe's pooling layer; PyTorch's `pooling_output_shape` has the same rule.
    """
    positions = -(-(extent + 2 * padding - kernel) // stride) + 1
    if (positions - 1) * stride >= extent + padding:
        positions -= 1
    return positions


def slide_back(extent: int, kernel: int, stride: int, padding: int, dilation: int = 1) -> int:
    """Invert `slide`: the output extent of a transposed convolution.

    `padding` is that of each side.
    """
    return (extent - 1) * stride - 2 * padding + dilation * (kernel - 1) + 1


def same_padding(kernel: Size, dilation: Size) -> Sides:
    """Return the padding that keeps the size at stride 1; raise `Rejected` for an even kernel."""
    spans = [(k - 1) * d for k, d in zip(kernel, dilation, strict=True)]
    if any(span % 2 for span in spans):
        raise Rejected(shape_errors.even_kernel(str(kernel)))
    return Sides(side for span in spans for side in (span // 2, span // 2))


def fitted(word: str, positions: Size, window: Size, extent: Sequence[int], padded: bool) -> Size:
    """Return the positions; raise `Rejected` if the window fits nowhere."""
    if min(positions) < 1:
        raise Rejected(shape_errors.window_too_large(word, str(window), Size(extent), padded))
    return positions
