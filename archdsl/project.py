"""The settings of a project: the table `[tool.archdsl]` of its pyproject.toml."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from archdsl import files
from archdsl.diagnostics import UsageError
from archdsl.diagnostics.suggest import clip, did_you_mean, listing
from archdsl.records import record

FILE = "pyproject.toml"
NAME = "archdsl"
TABLE = f"tool.{NAME}"
LISTS = ("select", "ignore", "plugins")
KEYS = (*LISTS, "output")


@record
class Project:
    """The settings of a project, with paths from its own folder; `file` is None without one."""

    file: Path | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    plugins: tuple[Path, ...] = ()
    output: Path | None = None


def project_around(folder: Path) -> Project:
    """Return the settings of the nearest pyproject.toml with the table, from a folder upwards.

    Raise `UsageError` for a file that cannot be read, or a table with a mistake.
    """
    for place in (folder, *folder.parents):
        path = place / FILE
        if path.is_file() and NAME in (text := files.contents(path)):
            table = _table(path, text)
            if table is not None:
                return _project(path, table)
    return Project()


def _table(path: Path, text: str) -> Any:
    import tomllib

    try:
        data: Any = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        what = clip(str(error)) if isinstance(error, ValueError) else "nested too deeply"
        raise UsageError(f"{str(path)!r} is not TOML: {what}") from None
    for key in TABLE.split("."):
        data = data.get(key) if isinstance(data, Mapping) else None
    return data


def _project(path: Path, table: Any) -> Project:
    where = f"{str(path)!r}, [{TABLE}]"
    if not isinstance(table, Mapping):
        raise UsageError(f"{where}: write a table of {listing(KEYS)}")
    for key, value in table.items():
        if key not in KEYS:
            hint = did_you_mean(key, KEYS, f"there are {listing(KEYS)}")
            raise UsageError(f"{where}: there is no setting {clip(key)!r}; {hint}")
        texts = value if isinstance(value, list) and key in LISTS else [value]
        if (isinstance(value, list) != (key in LISTS)) or not all(
            isinstance(each, str) and each and "\0" not in each for each in texts
        ):
            example = '["NAME"]' if key in LISTS else '"FOLDER"'
            raise UsageError(f"{where}: write {key} = {example}, not {clip(repr(value))}")
    folder = path.parent
    return Project(
        path,
        tuple(table.get("select", ())),
        tuple(table.get("ignore", ())),
        tuple(folder / each for each in table.get("plugins", ())),
        folder / table["output"] if "output" in table else None,
    )
