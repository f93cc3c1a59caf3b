"""Devices for `profile`: shipped ones, and files of the user."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from archdsl import files
from archdsl.analyses.device_rates import WIDTHS, BadDevice, Device, device_from
from archdsl.backends.report import record_table
from archdsl.backends.report.record_table import RecordColumn
from archdsl.cli.main import UsageError
from archdsl.diagnostics.suggest import clip, did_you_mean
from archdsl.resources import resource

FORMATS = (".toml", ".json")
LONGEST = 100_000
COLUMNS = (
    RecordColumn("device", "device"),
    RecordColumn("name", "name"),
    RecordColumn("bandwidth", "byte/s", "{:.4g}".format, number=True),
    RecordColumn("power", "W", "{:g}".format, number=True),
    *(RecordColumn(dtype, f"{dtype}, op/s", "{:.4g}".format, number=True) for dtype in WIDTHS),
    RecordColumn("source", "source"),
)


def shipped_devices() -> dict[str, Device]:
    """All shipped devices, by name."""
    return {path.stem: _load(path) for path in sorted(resource("devices").glob("*.toml"))}


def devices_listed(style: str) -> str:
    """The shipped devices as text for people, or in a format of tables for other tools."""
    if style == "table":
        return "\n".join(_lines(*each) for each in shipped_devices().items())
    records = [
        {
            "device": key,
            "name": device.name,
            "bandwidth": device.bandwidth,
            "power": device.power,
            **{dtype: device.flops.get(dtype) for dtype in WIDTHS},
            "source": device.source,
        }
        for key, device in shipped_devices().items()
    ]
    return record_table.formatted(style, COLUMNS, records)


def _lines(key: str, device: Device) -> str:
    rates = ", ".join(f"{dtype} {rate / 1e12:g}" for dtype, rate in device.flops.items())
    what = f"{key}: {device.name}, {device.bandwidth / 1e12:g} TB/s; TFLOP/s: {rates}"
    return f"{what}\n    {device.source}"


def device_named(argument: str) -> Device:
    """A shipped device, or the one in a TOML or JSON file; raise `UsageError` for neither."""
    if Path(argument).suffix.lower() in FORMATS:
        return _load(Path(argument))
    known = [path.stem for path in resource("devices").glob("*.toml")]
    if argument not in known:
        hint = did_you_mean(argument, known, "`--list-devices` shows those that there are")
        raise UsageError(
            f"there is no device {clip(argument)!r}, nor a .toml or .json file; {hint}"
        )
    return _load(resource("devices") / f"{argument}.toml")


def _load(path: Path) -> Device:
    text = files.contents(path)
    if len(text) > LONGEST:
        raise UsageError(f"device file {str(path)!r} is longer than {LONGEST:,} characters")
    try:
        return device_from(_parsed(text, path.suffix.lower()))
    except BadDevice as problem:
        raise UsageError(f"device file {str(path)!r}: {problem}") from None
    except (ValueError, RecursionError) as error:
        what = clip(str(error)) if isinstance(error, ValueError) else "nested too deeply"
        raise UsageError(f"device file {str(path)!r} is not {path.suffix[1:]}: {what}") from None


def _parsed(text: str, suffix: str) -> Any:
    if suffix == ".json":
        from json import loads

        return loads(text)
    from tomllib import loads as loads_toml

    return loads_toml(text)
