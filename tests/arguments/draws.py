"""Other legal arguments: of the same kind, and mostly different from each other."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping
from typing import Any

from archdsl.ops.values import Size, is_int

SMALL = 4  # strides, counts and the like are up to here
MANY = 24
RATES = (0.125, 0.25, 0.375, 0.5)


def other(rng: random.Random, value: Any, annotation: Any, calm: bool) -> Any:
    """Another value like a given one, of a kind that Python's parameter takes.

    With `calm` small numbers are as small as they can be: a stride of 1 keeps the shape.
    """
    real = annotation is float
    if isinstance(value, bool):
        return rng.random() < 0.5
    if isinstance(value, float) or (real and is_int(value)):
        return rng.choice([*RATES, 0.0] if value == 0 else RATES)
    if is_int(value):
        return _whole(rng, value, calm)
    if isinstance(value, Size) and len(value) == 2:
        height, width = (rng.choice([1, 3, 5]) for _ in value)
        return Size((height, width if "tuple" in str(annotation) else height))
    if isinstance(value, list):
        return [other(rng, each, int, calm) for each in value]
    return value


def _whole(rng: random.Random, value: int, calm: bool) -> int:
    if value <= SMALL and calm:
        return min(value, 1)
    if value <= SMALL:
        return rng.randint(min(value, 1), SMALL)
    if value > MANY and rng.random() < 0.3:
        return rng.choice([value // 4, value // 2, value])
    return rng.randint(2, MANY)


def channels(rng: random.Random, arguments: Mapping[str, Any], calm: bool) -> int:
    """A number of channels that flow in; with `calm` one that a block without projection needs."""
    widths = [value for value in arguments.values() if is_int(value) and value > 1]
    if widths and (calm or rng.random() < 0.2):
        return rng.choice(widths) * rng.choice([1, 1, 2, 4])
    return rng.randint(2, MANY)


def distinct(arguments: Mapping[str, Any], names: Collection[str]) -> bool:
    """Whether numbers that were drawn differ, so that one cannot stand for another."""
    found = [
        value
        for name, value in arguments.items()
        if name in names and is_int(value) and value > SMALL
    ]
    return len(set(found)) == len(found)
