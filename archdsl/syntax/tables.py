"""The parser, and a cache of its tables as JSON in the user's cache folder.

JSON is data: a planted file cannot run code. Tables are read only from an absolute folder and a
regular file that belong to the user and that nobody else can write.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from stat import S_ISDIR, S_ISREG, S_IWGRP, S_IWOTH
from typing import Any

from lark import Lark, __version__
from lark.grammar import Rule
from lark.lexer import TerminalDef

from archdsl.resources import cache_folder, resource
from archdsl.syntax.build import Build
from archdsl.syntax.line_ends import LineEnds

LARGEST = 4_000_000  # bytes; tables have a tenth of that
OTHERS = S_IWGRP | S_IWOTH
NONBLOCK = getattr(os, "O_NONBLOCK", 0)  # opening a FIFO must not wait for a writer


def parser(build: Build, lines: LineEnds) -> Lark:
    """Return the parser of the grammar, from cached tables if there are any."""
    grammar = (resource("grammar") / "arch.lark").read_text("utf-8")
    path = _path(grammar)
    kept = _kept(path, build, lines) if path else None
    if kept is not None:
        return kept
    made = Lark(
        grammar,
        parser="lalr",
        lexer="basic",
        start=["start", "expr"],
        keep_all_tokens=True,
        maybe_placeholders=False,
        transformer=build,
        postlex=lines,
    )
    if path:
        _keep(path, made)
    return made


def _path(grammar: str) -> Path | None:
    """The cache file of a grammar; None without a cache folder."""
    folder = cache_folder()
    if folder is None:
        return None
    key = f"{grammar}\0{__version__}\0{sys.version_info[:2]}"
    return folder / f"grammar-{sha256(key.encode()).hexdigest()[:16]}.json"


def _kept(path: Path, build: Build, lines: LineEnds) -> Lark | None:
    """The parser from cached tables; None if there are none that can be trusted and used."""
    try:
        tables = json.loads(_read(path), object_hook=_with_numbers)
        load: Callable[..., Lark] = Lark._load_from_dict  # what lark's own generator writes
        return load(tables["data"], tables["memo"], transformer=build, postlex=lines)
    except Exception:  # whatever is wrong with the file: it is made anew
        return None


def _read(path: Path) -> bytes:
    """The bytes of a file that only the user can write; raise `OSError` for any other."""
    _check_owned(os.stat(path.parent), S_ISDIR)
    descriptor = os.open(path, os.O_RDONLY | NONBLOCK)
    with open(descriptor, "rb") as file:
        _check_owned(os.fstat(descriptor), S_ISREG)
        return file.read(LARGEST)


def _check_owned(status: os.stat_result, is_kind: Any) -> None:
    if not is_kind(status.st_mode):
        raise PermissionError("of another kind")
    if hasattr(os, "geteuid") and (status.st_uid != os.geteuid() or status.st_mode & OTHERS):
        raise PermissionError("somebody else can write it")


def _keep(path: Path, made: Lark) -> None:
    """Cache the tables of a parser for the next run, if possible."""
    data, memo = made.memo_serialize([TerminalDef, Rule])
    for option in ("transformer", "postlex"):
        del data["options"][option]
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_owned(os.stat(path.parent), S_ISDIR)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with open(os.open(partial, flags, 0o600), "w", encoding="utf-8") as file:
            json.dump({"data": data, "memo": memo}, file)
        os.replace(partial, path)
    except OSError:
        with suppress(OSError):
            partial.unlink()


def _with_numbers(found: dict[str, Any]) -> dict[str | int, Any]:
    """Convert keys that JSON stores as text, those of states and tokens, back into numbers."""
    return {int(key) if key.isdigit() else key: value for key, value in found.items()}
