"""Devices for `profile`: shipped ones, and files of the user."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from archdsl import files
from archdsl.analyses.device_rates import BadDevice, Device, device_from
from archdsl.cli.main import UsageError
from archdsl.diagnostics.suggest import clip, did_you_mean
from archdsl.resources import resource

FORMATS = (".toml", ".json")
LONGEST = 100_000


def shipped_devices() -> dict[str, Device]:
    """All shipped devices, by name."""
    return {path.stem: _load(path) for path in sorted(resource("devices").glob("*.toml"))}


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
