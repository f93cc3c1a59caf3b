"""The PyTorch form of an op: calls as data, without layout."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from archdsl.ops.formulas import formula_of
from archdsl.ops.values import Size
from archdsl.records import record


class Code(str):
    """A Python expression that is written verbatim; `annotation` is its type."""

    __slots__ = ()
    annotation: ClassVar[str] = "str"


@record
class Arg:
    """An argument of a call, omitted if it equals its `default`."""

    name: str
    value: Any
    default: Any = None
    keyword: bool = False


@record
class Call:
    """`function(args)`; as a function of tensors the operands come first, or last in a list."""

    function: str
    args: tuple[Arg, ...] = ()
    listed: bool = False


def call(function: str, *args: Any, **keywords: tuple[Any, Any]) -> Call:
    """A call with positional values and `name=(value, default)` keywords.

    A positional `Arg` names the constructor parameter that it becomes if its value varies.
    """
    positional = tuple(_positional(i, value) for i, value in enumerate(args))
    named = tuple(
        Arg(name, tidy(value), tidy(default), keyword=True)
        for name, (value, default) in keywords.items()
    )
    return Call(function, positional + named)


def _positional(position: int, value: Any) -> Arg:
    if isinstance(value, Arg):
        return replace(value, value=tidy(value.value))
    return Arg(f"a{position}", tidy(value))


def call_of_list(function: str, *args: Any) -> Call:
    """Make a call that takes its operands as a list."""
    return replace(call(function, *args), listed=True)


def tidy(value: Any) -> Any:
    """Replace a number for each axis by one number where they are equal, as PyTorch accepts."""
    if isinstance(value, Size) or (isinstance(value, tuple) and len(value) == 2):
        alike = len(set(value)) == 1 and len(set(map(formula_of, value))) == 1
        return value[0] if alike else tuple(value)
    return value


@record
class TorchForm:
    """The PyTorch form of an op: a module with state, a function without, or both.

    `support` is the source of what the call needs and PyTorch does not have: classes and
    functions with two empty lines between them. `draws` is a statement that the network's
    `forward` begins with in training, where `{x}` is its input.
    """

    module: Call | None = None
    function: Call | None = None
    support: str = ""
    draws: str = ""


InitCall = tuple[str, Call]  # a tensor of the module, and the call that fills it
