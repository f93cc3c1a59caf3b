"""Memory needs of an op, as data."""

from __future__ import annotations

from typing import NamedTuple

INDEX = 8  # bytes of an int64


class Buffer(NamedTuple):
    """An extra tensor of an op: its elements, per image or for the batch.

    `width` is the bytes per element; None: that of the values.
    """

    elements: int
    width: int | None = None
    batched: bool = True


NOTHING = Buffer(0)


class Saved(NamedTuple):
    """The tensors that autograd keeps for an op: operands by position, the output, and extras."""

    operands: tuple[int, ...] = ()
    output: bool = False
    extra: Buffer = NOTHING


INPUT = Saved(operands=(0,))
