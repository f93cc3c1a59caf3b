"""The shape of an input: as the text has it, or the size that the user gives instead."""

from __future__ import annotations

from typing import Any

from archdsl.diagnostics import Rejected, shape_errors
from archdsl.elaboration.arguments import describe
from archdsl.ops.formulas import plain
from archdsl.ops.values import Size, is_int

PICTURES = (1, 3, 4)  # channels of a picture
SMALLEST_PICTURE = 16  # pixels on a side


def input_shape(written: Any, given: Size | None) -> Size:
    """Return the shape of an input with this text and this size from outside, if there is one.

    Its numbers have no formula: code is for images of any size. Raise `Rejected` for a value that
    is no shape, and for a given size with other axes than the text, or with its channels last.
    """
    written = plain(Size((written,)) if is_int(written) else written)
    shape = written if given is None else given
    if not isinstance(shape, Size) or not 1 <= len(shape) <= 4 or min(shape) < 1:
        sides = shape if isinstance(shape, Size) else ()
        raise Rejected(shape_errors.not_a_shape(describe(shape), sides))
    if isinstance(written, Size):
        if len(written) != len(shape):
            raise Rejected(shape_errors.input_of_other_axes(shape, written))
        if _is_channels_last(shape, written):
            raise Rejected(shape_errors.input_with_channels_last(shape))
    return shape


def _is_channels_last(shape: Size, written: Size) -> bool:
    """Whether a size ends in the channels that the text begins with, as 224x224x3 does."""
    *sides, channels = shape
    return (
        len(shape) == 3
        and channels == written[0] != shape[0]
        and channels in PICTURES
        and min(sides) >= SMALLEST_PICTURE
    )
