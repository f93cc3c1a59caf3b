"""The ops of the language: each family's file defines its own, this one collects them."""

from __future__ import annotations

from types import ModuleType

from archdsl.ops import (
    activation,
    conv,
    deconv,
    drop_path,
    join,
    learned,
    linear,
    merge,
    norm,
    padding,
    pool,
    rearrange,
    regularise,
    resize,
    sample_norm,
    shape,
)
from archdsl.ops.base import Example, Op, Shape, Weight, size

FAMILIES: tuple[ModuleType, ...] = (
    conv,
    deconv,
    linear,
    pool,
    norm,
    sample_norm,
    activation,
    learned,
    shape,
    rearrange,
    resize,
    padding,
    regularise,
    drop_path,
    merge,
    join,
)


def _collect() -> dict[str, type[Op]]:
    found = {}
    for family in FAMILIES:
        for value in vars(family).values():
            if isinstance(value, type) and issubclass(value, Op) and "word" in vars(value):
                found[value.word] = value
    del found["input"]  # a statement of the language, not something to call
    return found


OPS = _collect()

__all__ = ["OPS", "Example", "Op", "Shape", "Weight", "size"]
