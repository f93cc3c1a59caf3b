"""The operators and functions of expressions: pure, and bounded in time and size."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

from archdsl.ops.values import Size, is_int

LONGEST = 100_000  # of a list, with all that is nested in it
LARGEST = 2**63
STEEPEST = 64  # exponents beyond it give numbers beyond LARGEST
FINEST = 12  # decimals that `round` keeps

ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}
ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _range(*bounds: int) -> list[int]:
    numbers = range(*bounds)
    if len(numbers) > LONGEST:
        raise OverflowError
    return list(numbers)


def _linspace(start: float, stop: float, count: int) -> list[float]:
    if not 1 <= count <= LONGEST:
        raise OverflowError
    step = (stop - start) / max(count - 1, 1)
    return [start + step * i for i in range(count)]


def _divisible(value: float, by: int = 8, least: int | None = None, up: bool = False) -> int:
    """The multiple of `by` nearest to a channel count, at least 0.9 of it (MobileNet's rule).

    `up` gives the next multiple from the count on.
    """
    if not isinstance(up, bool):
        raise TypeError
    if up:
        return max(least or by, math.ceil(value / by) * by)
    rounded = max(least or by, int(value + by / 2) // by * by)
    return rounded + by if rounded < 0.9 * value else rounded


def _log(value: float, base: float | None = None) -> float:
    return math.log(value) if base is None else math.log(value, base)


def _round(value: float, decimals: int = 0) -> float:
    if not is_int(decimals) or not 0 <= decimals <= FINEST:
        raise TypeError
    return round(value, decimals) if decimals else round(value)


def _len(value: list[Any] | dict[Any, Any] | Size) -> int:
    if isinstance(value, str):
        raise TypeError
    return len(value)


def _sum(numbers: list[float]) -> float:
    return sum(_numbers(numbers))


def _min(*values: Any) -> float:
    return min(_numbers(values[0] if len(values) == 1 else values))


def _max(*values: Any) -> float:
    return max(_numbers(values[0] if len(values) == 1 else values))


def _numbers(values: Any) -> Sequence[float]:
    if not isinstance(values, (list, tuple)) or not all(map(is_number, values)):
        raise TypeError
    numbers: Sequence[float] = values
    return numbers


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "range": _range,
    "len": _len,
    "min": _min,
    "max": _max,
    "sum": _sum,
    "round": _round,
    "floor": math.floor,
    "ceil": math.ceil,
    "linspace": _linspace,
    "divisible": _divisible,
    "log": _log,
    "exp": math.exp,
    "sqrt": math.sqrt,
}
NAMED = {"divisible": ("by", "least", "up"), "round": ("decimals",), "log": ("base",)}


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_key(value: Any) -> bool:
    """Whether a value can be the key of a map."""
    return isinstance(value, (int, float, str, Size))


def weight(value: Any) -> int:
    """The elements of a list or map with all that is nested in it.

    OverflowError beyond `LONGEST`: a list of lists of lists is short to write and long to walk.
    """
    total, stack = 0, [value]
    while stack:
        current = stack.pop()
        if isinstance(current, (list, dict)):
            total += len(current)
            if total > LONGEST:
                raise OverflowError
            stack += current.values() if isinstance(current, dict) else current
    return total


def equal(left: Any, right: Any) -> bool:
    """Equality; a flat shape or square size equals its one number, and true is not 1."""
    left, right = _scalar(left), _scalar(right)
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    return bool(left == right)


def _scalar(value: Any) -> Any:
    alone = isinstance(value, tuple) and len(value) < 3 and len(set(value)) == 1
    return value[0] if alone else value


def arithmetic(sign: str, left: Any, right: Any) -> Any:
    """The result of an operator; TypeError, OverflowError or ZeroDivisionError without one."""
    if is_number(left) and is_number(right):
        return _power(left, right) if sign == "**" else ARITHMETIC[sign](left, right)
    if sign == "//" and isinstance(left, Size) and is_int(right):
        return Size(side // right for side in left)
    if sign == "+" and isinstance(left, list) and isinstance(right, list):
        return left + right
    if sign == "*" and isinstance(left, list) and is_int(right):
        if len(left) * right > LONGEST:
            raise OverflowError
        return left * right
    raise TypeError


def _power(left: Any, right: Any) -> Any:
    if abs(right) > STEEPEST and abs(left) > 1:
        raise OverflowError
    power = left**right
    if isinstance(power, complex):
        raise TypeError
    return power
