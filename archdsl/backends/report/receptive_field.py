"""Receptive fields as plain data."""

from __future__ import annotations

from typing import Any

from archdsl.analyses.axis import Axis, Number
from archdsl.analyses.receptive_field import Field


def field_data(field: Field | None) -> dict[str, Any]:
    """Return `rf`, `rf_stride` and `rf_padding` as [height, width].

    null along an axis without a field, and null alone without both. Whole numbers are numbers,
    others exact texts: "1/2".
    """
    height, width = field.axes if field else (None, None)

    def pair(name: str) -> list[Any] | None:
        if height is None and width is None:
            return None
        return [_number(axis, name) for axis in (height, width)]

    return {"rf": pair("size"), "rf_stride": pair("stride"), "rf_padding": pair("padding")}


def _number(axis: Axis | None, name: str) -> int | str | None:
    number: Number | None = getattr(axis, name) if axis else None
    return number if number is None or isinstance(number, int) else str(number)
