"""Receptive fields as plain data and as text."""

from __future__ import annotations

from typing import Any

from archdsl.analyses.axis import Axis, Number
from archdsl.analyses.receptive_field import Field


def field_data(field: Field | None) -> dict[str, Any]:
    """Return `rf`, `rf_stride` and `rf_padding` with a number for each axis: [height, width].

    null along an axis without a field, and null alone without any. Whole numbers are numbers,
    others exact texts: "1/2".
    """
    axes = field.axes if field else ()

    def numbers(name: str) -> list[Any] | None:
        return [_number(axis, name) for axis in axes] if any(axes) else None

    return {
        "rf": numbers("size"),
        "rf_stride": numbers("stride"),
        "rf_padding": numbers("padding"),
    }


def field_text(field: Field | None) -> str | None:
    """Return `427`, or `3x1` where the axes differ; None where an axis has no bounded field."""
    sizes = [axis and axis.size for axis in field.axes] if field else [None]
    if None in sizes:
        return None
    return str(sizes[0]) if len(set(sizes)) == 1 else "x".join(map(str, sizes))


def _number(axis: Axis | None, name: str) -> int | str | None:
    number: Number | None = getattr(axis, name) if axis else None
    return number if number is None or isinstance(number, int) else str(number)
