"""Peak rates of devices, read from their description files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from archdsl.diagnostics.suggest import clip, did_you_mean, listing

# Bytes of a number.
WIDTHS = {"fp64": 8, "fp32": 4, "tf32": 4, "fp16": 2, "bf16": 2, "fp8": 1, "int8": 1}
PREFERRED = ("bf16", "fp16", "tf32", "fp32", "fp8", "int8", "fp64")
KEYS = ("name", "source", "bandwidth", "power", "flops")
PLAIN = re.compile(r"[\w .,:;+/()'-]{0,120}")


class BadDevice(ValueError):  # noqa: N818
    """Raised for a device description that is wrong; the text says what to write."""


@dataclass(frozen=True)
class Device:
    """Peak bandwidth in bytes per second, and peak operations per second by number type.

    `power` is the board's limit in watts; None where it is unknown.
    """

    name: str
    source: str
    bandwidth: float
    flops: Mapping[str, float]
    power: float | None = None

    @property
    def usual(self) -> str:
        """The number type that networks mostly run in, among those with a known rate."""
        return next(dtype for dtype in PREFERRED if dtype in self.flops)


def device_from(data: object) -> Device:
    """Return a device from the data of its file; raise `BadDevice` where the data are wrong."""
    if not isinstance(data, dict):
        raise BadDevice(f"write {listing(KEYS)}")
    for key in data:
        if key not in KEYS:
            raise BadDevice(f"unknown key `{clip(str(key))}`; {_known(key, KEYS)}")
    rates = data.get("flops")
    if not isinstance(rates, dict) or not rates:
        raise BadDevice("no rates: write a table `flops`, with a rate such as bf16 = 989e12")
    for dtype in rates:
        if dtype not in WIDTHS:
            raise BadDevice(f"unknown type `{clip(str(dtype))}` in flops; {_known(dtype, WIDTHS)}")
    flops = {dtype: _rate(f"flops.{dtype}", rate, "operations") for dtype, rate in rates.items()}
    bandwidth = _rate("bandwidth", data.get("bandwidth"), "bytes")
    power = _rate("power", data["power"], "joules") if "power" in data else None
    name, source = _text(data, "name", "a device"), _text(data, "source", "")
    return Device(name, source, bandwidth, flops, power)


def _known(key: object, known: Any) -> str:
    return did_you_mean(str(key), known) or f"there are {listing(known)}"


def _text(data: Mapping[str, Any], key: str, default: str) -> str:
    text = data.get(key, default)
    if not isinstance(text, str) or not PLAIN.fullmatch(text):
        raise BadDevice(f"`{key}` is not plain text: write at most 120 letters, digits and spaces")
    return text


def _rate(key: str, value: object, what: str) -> float:
    """Return a rate between 1 and 1e30 per second."""
    if value is None:
        raise BadDevice(f"no `{key}`: write the {what} a second, as in {key} = 4.8e12")
    if isinstance(value, int) and not isinstance(value, bool) and value < 10**30:
        value = float(value)
    if not isinstance(value, float) or not isfinite(value) or not 1 <= value < 1e30:
        raise BadDevice(f"`{key}` is not a number of {what} a second: write one, as 4.8e12")
    return value
