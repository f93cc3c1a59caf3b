"""The ops of the language: each family's file defines its own, this one collects them.

The names in `__all__` are also the stable interface for plugins (docs/plugins.md).
"""

from __future__ import annotations

from collections.abc import Iterable
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
    values,
)
from archdsl.ops.base import Example, Op, Shape, Weight, attribute, image, misfit, size
from archdsl.ops.input_windows import EVERYWHERE, POINTWISE, Windows, sliding
from archdsl.ops.storage import Buffer, Saved
from archdsl.ops.torch_form import Code, InitCall, TorchForm, call, call_of_list
from archdsl.ops.traits import SavesNothing

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


def ops_in(values: Iterable[object]) -> list[type[Op]]:
    """The ops among the values of a module: subclasses of `Op` with a word of their own."""
    classes = (value for value in values if isinstance(value, type) and issubclass(value, Op))
    return [op for op in dict.fromkeys(classes) if "word" in vars(op)]


def _collect() -> dict[str, type[Op]]:
    found = {op.word: op for family in FAMILIES for op in ops_in(vars(family).values())}
    del found["input"]  # a statement of the language, not something to call
    return found


OPS = _collect()  # those of plugins join it
BUILT_IN = frozenset(OPS)

__all__ = [
    "BUILT_IN",
    "EVERYWHERE",
    "OPS",
    "POINTWISE",
    "Buffer",
    "Code",
    "Example",
    "InitCall",
    "Op",
    "Saved",
    "SavesNothing",
    "Shape",
    "TorchForm",
    "Weight",
    "Windows",
    "attribute",
    "call",
    "call_of_list",
    "image",
    "misfit",
    "ops_in",
    "size",
    "sliding",
    "values",
]
