"""What an op keeps and needs in memory, as data."""

from __future__ import annotations

from typing import NamedTuple

INDEX = 8  # bytes of an int64


class Buffer(NamedTuple):
    """A tensor beside an op's operands and output: its elements for one image, or for the batch.

    `width` is the bytes of an element; None: as wide as the values.
    """

    elements: int
    width: int | None = None
    batched: bool = True


NOTHING = Buffer(0)


class Saved(NamedTuple):
    """What autograd keeps for the backward of an op: operands by position, its output, and more."""

    operands: tuple[int, ...] = ()
    output: bool = False
    extra: Buffer = NOTHING


INPUT = Saved(operands=(0,))
