"""The files that commands read: sources and the library of imports."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from archdsl.diagnostics import Rejected, Source, UsageError, import_errors
from archdsl.diagnostics.suggest import clip, did_you_mean
from archdsl.elaboration.modules import Library
from archdsl.records import record
from archdsl.resources import resource
from archdsl.syntax.parse import MOST_BYTES, decode, read

STDIN = "<stdin>"
SHIPPED = "the shipped library"
NETWORK = re.compile(r"^network[ \t]+([A-Za-z]\w*)", re.MULTILINE)


@record
class Given:
    """The source that an argument refers to: a file, or the file of one shipped network."""

    source: Source
    network: str | None = None


def given(argument: str) -> Given:
    """The file at a path, standard input for `-`, or the shipped file of a network or family.

    Raise `UsageError` if it cannot be read, `Rejected` if it is not text.
    """
    if argument == "-":
        return Given(decode(STDIN, _standard_input()))
    path = Path(argument)
    is_folder = os.path.isdir(path)  # false for a name that is too long; `Path.is_dir` raises
    if is_folder or not os.path.lexists(path):
        shipped = shipped_networks()
        if argument in shipped:
            return Given(source(shipped[argument]), argument)
        files = {path.stem: path for path in shipped.values()}
        if argument in files:
            return Given(source(files[argument]))
        if is_folder:
            raise UsageError(f"{argument!r} is a folder: choose one of its files")
        beside = [str(file) for file in path.parent.glob("*.arch")]
        hint = did_you_mean(argument, [*shipped, *files, *beside])
        raise UsageError(
            f"there is no file {clip(argument, 200)!r}" + (f"; {hint}" if hint else "")
        )
    return Given(source(path))


def _standard_input() -> bytes:
    """Standard input, up to one byte more than the limit for a file."""
    if sys.stdin is None:
        raise UsageError("cannot read standard input: it is closed")
    try:
        return sys.stdin.buffer.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot read standard input: {error.strerror}") from None


def shipped_networks() -> dict[str, Path]:
    """All shipped networks with their files, found without parsing."""
    found: dict[str, Path] = {}
    for path in sorted(resource("architectures").glob("*.arch")):
        for name in NETWORK.findall(path.read_text("utf-8")):
            found.setdefault(name, path)
    return found


def is_shipped(name: str) -> bool:
    """Whether a name is that of a shipped network or of a family of them."""
    shipped = shipped_networks()
    return name in shipped or name in {path.stem for path in shipped.values()}


def networks_of(source: Source) -> list[str]:
    """The names of the networks that a file defines, found without parsing."""
    return NETWORK.findall(source.text)


@record
class Published:
    """Published ImageNet accuracies in percent, by network, with their sources."""

    top1: Mapping[str, float]
    source: str


def published() -> Published:
    """Load `architectures/published.toml`: facts that others measured."""
    import tomllib

    data = tomllib.loads((resource("architectures") / "published.toml").read_text("utf-8"))
    return Published(data["top1"], data["source"])


def library(imported: list[Source] | None = None) -> Library:
    """The library that resolves imports: the importing file's folder, then the shipped files.

    Each file that is found is appended to `imported`.
    """

    def find(module: str, importer: Source) -> Source | None:
        source = _find(module, importer)
        if source is not None and imported is not None:
            imported.append(source)
        return source

    return Library(find, ("the folder of this file", SHIPPED), _importable)


def contents(path: Path) -> str:
    """The text of a file other than a source; raise `UsageError` if it cannot be read."""
    try:
        return source(path).text
    except Rejected as rejected:
        problem = rejected.diagnostic.message
        raise UsageError(f"cannot read {str(path)!r}: {problem}") from None


def source(path: Path) -> Source:
    try:
        return decode(str(path), read(path))
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"cannot read {str(path)!r}: {why}") from None


def _find(module: str, importer: Source) -> Source | None:
    """The file of an imported module; a file that imports its own name means the shipped one."""
    own = Path(importer.name)
    places = (_folder(importer), resource("architectures"))
    found = [path for folder in places if (path := folder / f"{module}.arch").is_file()]
    chosen = next((path for path in found if path != own), found[0] if found else None)
    if chosen is None:
        return None
    try:
        return decode(str(chosen), read(chosen))
    except OSError as error:
        raise Rejected(import_errors.unreadable_file(module, error.strerror or "")) from None


def _importable(importer: Source) -> Iterable[str]:
    for folder in (_folder(importer), resource("architectures")):
        yield from (path.stem for path in folder.glob("*.arch"))


def _folder(importer: Source) -> Path:
    return Path() if importer.name == STDIN else Path(importer.name).parent
