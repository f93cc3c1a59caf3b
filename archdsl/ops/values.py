"""Kinds of arguments of ops, with the conversion of written values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from functools import partial
from typing import Any

from archdsl.records import record

LARGEST = 2**31 - 1
IMAGE_AXES = 2  # height and width
LARGEST_REAL = 1e38  # single precision also holds the width of an interval around zero


class Size(tuple[int, ...]):
    """A size literal: `7x7`, `3x224x224`."""

    __slots__ = ()

    def __str__(self) -> str:
        return "x".join(map(str, self))

    __repr__ = __str__


class Sides(tuple[int, ...]):
    """A padding: the numbers before and after the values, for each axis in turn.

    That of an image is (top, bottom, left, right).
    """

    __slots__ = ()

    @property
    def before(self) -> Size:
        return Size(self[::2])

    @property
    def totals(self) -> Size:
        """The sum of both sides of each axis."""
        return Size(a + b for a, b in zip(self[::2], self[1::2], strict=True))

    @property
    def even(self) -> bool:
        """Whether both sides of each axis are alike."""
        return self[::2] == self[1::2]

    @property
    def last_first(self) -> tuple[int, ...]:
        """The order of `F.pad`: the last axis first."""
        pairs = list(zip(self[::2], self[1::2], strict=True))
        return tuple(side for pair in reversed(pairs) for side in pair)


@record
class Symbol:
    """A bare word that an argument knows: `global`, `linear`."""

    word: str

    def __str__(self) -> str:
        return self.word


@record
class Init:
    """An initialisation scheme, with its parameter if it has one."""

    scheme: str
    value: float | None = None

    def __str__(self) -> str:
        return self.scheme if self.value is None else f"{self.scheme}({self.value:g})"


class BadValue(Exception):  # noqa: N818
    """Raised for a value of the wrong kind; the text describes valid ones."""


@record
class Kind:
    """One kind of argument: its description and the conversion of a value.

    `symbols` are the accepted bare words, `functions` the calls, as in `init=normal(0.01)`. A
    value of a kind `for_axes` has one or two numbers for each axis of the layer's input, and
    `convert` takes the number of axes too.
    """

    name: str
    convert: Callable[..., Any]
    symbols: tuple[str, ...] = ()
    functions: Mapping[str, Callable[[float], Any]] = field(default_factory=dict)
    for_axes: bool = False

    def read(self, value: Any, axes: int = IMAGE_AXES) -> Any:
        """The argument for a layer whose input has so many axes; `BadValue` for a wrong one."""
        return self.convert(value, axes) if self.for_axes else self.convert(value)

    def spread(self, default: Any, axes: int) -> Any:
        """A default, which is declared for images, for an input of so many axes."""
        if not self.for_axes or axes == IMAGE_AXES or not isinstance(default, tuple):
            return default
        return type(default)(default[:1] * (len(default) // IMAGE_AXES * axes))


def is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _count(value: Any, least: int = 1) -> int:
    if not is_int(value) or value < least:
        advice = ": `//` divides whole numbers, and `, /2` is a stride"
        divided = isinstance(value, float) and value.is_integer()
        raise BadValue(f"a whole number of {least} or more{advice if divided else ''}")
    if value > LARGEST:
        raise BadValue(f"a number of at most {LARGEST:,}")
    return int(value)


def _natural(value: Any) -> int:
    return _count(value, 0)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadValue("a number")
    if not -LARGEST_REAL <= value <= LARGEST_REAL:
        raise BadValue(f"a number from -{LARGEST_REAL:.0e} to {LARGEST_REAL:.0e}")
    return float(value)


def _at_least_zero(value: Any) -> float:
    number = _number(value)
    if number < 0:
        raise BadValue("a number of 0 or more")
    return number


def _above_zero(value: Any) -> float:
    number = _number(value)
    if number <= 0:
        raise BadValue("a number above 0")
    return number


def _probability(value: Any) -> float:
    number = _number(value)
    if not 0 <= number <= 1:
        raise BadValue("a number from 0 to 1")
    return number


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise BadValue("`true` or `false`")
    return value


def _size(value: Any, axes: int = IMAGE_AXES, least: int = 1) -> Size:
    if isinstance(value, Size):
        if len(value) == axes and least <= min(value) and max(value) <= LARGEST:
            return value
    elif is_int(value) and least <= value <= LARGEST:
        return Size((value,) * axes)
    raise BadValue(f"{_like(axes)}a whole number of {least} or more")


def _like(axes: int) -> str:
    """A size of one number for each axis, for a message; one axis has no such form."""
    return f"a size like `{Size((3,) * axes)}` or " if axes > 1 else ""


def _window(value: Any, axes: int = IMAGE_AXES) -> Size | Symbol:
    if isinstance(value, Symbol):
        return value
    try:
        return _size(value, axes)
    except BadValue:
        like = _like(axes).replace(" or ", ", ")
        raise BadValue(f"{like}a whole number, or `global`") from None


SIDES = ("[left, right]", "[top, bottom, left, right]", "[front, back, top, bottom, left, right]")


def _padding(value: Any, axes: int = IMAGE_AXES) -> Sides:
    if isinstance(value, list):
        if len(value) == 2 * axes and all(is_int(n) and 0 <= n <= LARGEST for n in value):
            return Sides(value)
    else:
        try:
            before = _size(value, axes, 0)
        except BadValue:
            pass
        else:
            return Sides(side for number in before for side in (number, number))
    size = f"a size like `{Size(range(1, axes + 1))}`, " if axes > 1 else ""
    sides = f"a number, {size}or `{SIDES[axes - 1]}`"
    if isinstance(value, str):
        sides += "; without it a `conv` with an odd kernel keeps the size at stride 1"
    raise BadValue(sides)


def _shape(value: Any) -> tuple[int, ...]:
    if isinstance(value, Size):
        if 2 <= len(value) <= 4 and min(value) >= 1 and max(value) <= LARGEST:
            return tuple(value)
    elif is_int(value) and 1 <= value <= LARGEST:
        return (value,)
    raise BadValue("a shape like `64x7x7` or a number of features")


# The distributions of `init=`, and the parameters that PyTorch can draw with.
DISTRIBUTIONS: Mapping[str, Callable[[Any], float]] = {
    "normal": _at_least_zero,
    "truncated_normal": _above_zero,
    "uniform": _at_least_zero,
}


def _init(value: Any) -> Init:
    if isinstance(value, Symbol):
        return Init(value.word)
    if isinstance(value, Init):
        try:
            return Init(value.scheme, DISTRIBUTIONS[value.scheme](value.value))
        except BadValue as expected:
            raise BadValue(f"`{value.scheme}` with {expected}") from None
    raise BadValue("`pytorch`, `kaiming_fan_in`, `kaiming_fan_out`, `xavier` or `normal(0.01)`")


def _fill(value: Any) -> float | None:
    return None if isinstance(value, Symbol) else _number(value)


def choice(*words: str) -> Kind:
    """Make the kind of argument that is one of some bare words, as in `mode=bilinear`."""

    def convert(value: Any) -> str:
        if isinstance(value, Symbol) and value.word in words:
            return value.word
        raise BadValue(" or ".join(f"`{word}`" for word in words))

    return Kind("word", convert, symbols=words)


COUNT = Kind("count", _count)
NATURAL = Kind("natural", _natural)
NUMBER = Kind("number", _number)
POSITIVE = Kind("number", _above_zero)
NON_NEGATIVE = Kind("number", _at_least_zero)
PROBABILITY = Kind("probability", _probability)
FLAG = Kind("flag", _flag)
SIZE = Kind("size", _size, for_axes=True)
WINDOW = Kind("window", _window, symbols=("global",), for_axes=True)
SHAPE = Kind("shape", _shape)
PADDING = Kind("padding", _padding, for_axes=True)
INIT = Kind(
    "initialisation",
    _init,
    symbols=("pytorch", "kaiming_fan_in", "kaiming_fan_out", "kaiming_uniform", "xavier"),
    functions={scheme: partial(Init, scheme) for scheme in DISTRIBUTIONS},
)
FILL = Kind("number", _fill, symbols=("pytorch",))
