"""A check of the results of methods of ops from outside, at each call."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from archdsl.diagnostics import CannotRun
from archdsl.diagnostics.suggest import clip
from archdsl.ops import Op, TorchForm, Weight
from archdsl.ops.torch_form import Call


def check_results(op: type[Op], origin: str) -> None:
    """Make an op raise `CannotRun`, with its origin, where a method returns what it must not."""
    for method, (holds, wanted) in CONTRACTS.items():
        own = getattr(op, method)
        if own is not getattr(Op, method):
            setattr(op, method, _checked(own, holds, f"{origin}: `{op.word}.{method}`", wanted))


def _checked(
    method: Callable[..., Any], holds: Callable[[Any], bool], name: str, wanted: str
) -> Callable[..., Any]:
    @wraps(method)
    def checked(*args: Any, **keywords: Any) -> Any:
        result = method(*args, **keywords)
        if not holds(result):
            raise CannotRun(f"{name} must return {wanted}, not {clip(repr(result))}")
        return result

    return checked


def _is_shape(value: Any) -> bool:
    return isinstance(value, tuple) and all(type(size) is int and size > 0 for size in value)


def _is_result(value: Any) -> bool:
    return _is_shape(value) and len(value) in (1, 3)


def _is_weight(value: Any) -> bool:
    return isinstance(value, Weight) and isinstance(value.name, str) and _is_shape(value.shape)


def _are_weights(value: Any) -> bool:
    return isinstance(value, tuple) and all(map(_is_weight, value))


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_form(value: Any) -> bool:
    if not isinstance(value, TorchForm):
        return False
    calls = [each for each in (value.module, value.function) if each is not None]
    return bool(calls) and all(isinstance(each, Call) for each in calls)


CONTRACTS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "infer": (_is_result, "a shape, (channels, height, width) or (features,)"),
    "weights": (_are_weights, "a tuple of `Weight`s"),
    "macs": (_is_count, "a whole number from 0"),
    "torch": (_is_form, "a `TorchForm` with a module or a function made by `call`"),
}
