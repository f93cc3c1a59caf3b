"""The parser's tables, and their cache as JSON in the user's cache folder.

JSON is data: a planted file cannot run code. Tables are read only from an absolute folder and a
regular file that belong to the user and that nobody else can write.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from dataclasses import field
from pathlib import Path
from stat import S_ISDIR, S_ISREG, S_IWGRP, S_IWOTH
from typing import Any
from zlib import crc32

from archdsl.records import record
from archdsl.resources import cache_folder, resource

FORMAT = 1  # of the cached file
LARGEST = 4_000_000  # bytes; tables have a tenth of that
OTHERS = S_IWGRP | S_IWOTH
NONBLOCK = getattr(os, "O_NONBLOCK", 0)  # opening a FIFO must not wait for a writer


@record
class Rule:
    """One alternative of a rule of the grammar.

    `action` builds its value; None: it is the list of its children. `single` is whether an only
    child takes its place, `inlined` the positions of children that are such lists, and `passes`
    whether its value is always that of its only symbol.
    """

    origin: str
    size: int
    action: str | None
    single: bool
    inlined: tuple[int, ...]
    passes: bool = field(init=False)

    def __post_init__(self) -> None:
        only = self.single and self.size == 1 and not self.inlined
        object.__setattr__(self, "passes", only)


@record
class Tables:
    """An LALR(1) automaton with the terminals that it reads.

    `steps[state]` has for each terminal the next state, or `~number` of the rule to reduce;
    `goto[state]` has the next state for each rule that has been reduced. `words` are the texts of
    terminals that have only one, `keywords` the terminals of words that look like names.
    """

    pattern: re.Pattern[str]
    words: dict[str, str]
    keywords: dict[str, str]
    ignored: frozenset[str]
    rules: list[Rule]
    steps: list[dict[str, int]]
    goto: list[dict[str, int]]
    starts: dict[str, int]
    ends: dict[str, int]
    chains: dict[tuple[int, int, str], int] = field(default_factory=dict)  # found while parsing


def load_tables() -> Tables:
    """Return the tables of the grammar: cached ones if there are any."""
    grammar = (resource("grammar") / "arch.lark").read_text("utf-8")
    path = _path(grammar)
    cached = _cached(path, grammar) if path else None
    if cached is not None:
        return cached
    from archdsl.syntax.make_tables import make_tables

    data = {"grammar": grammar, **make_tables(grammar)}
    if path:
        _cache(path, data)
    return _tables(data)


def _tables(data: dict[str, Any]) -> Tables:
    """Tables from the JSON data that `make_tables` returns."""
    return Tables(
        re.compile(data["pattern"]),
        data["words"],
        data["keywords"],
        frozenset(data["ignored"]),
        [
            Rule(origin, size, action, single, tuple(inlined))
            for origin, size, action, single, inlined in data["rules"]
        ],
        data["steps"],
        data["goto"],
        data["starts"],
        data["ends"],
    )


def _path(grammar: str) -> Path | None:
    """The cache file of a grammar; None without a cache folder."""
    folder = cache_folder()
    if folder is None:
        return None
    return folder / f"grammar-{FORMAT}-{crc32(grammar.encode()):08x}.json"


def _cached(path: Path, grammar: str) -> Tables | None:
    """The tables of a grammar from a file; None if there are none that can be trusted and used."""
    try:
        data = json.loads(_read(path))
        return _tables(data) if data["grammar"] == grammar else None
    except Exception:  # whatever is wrong with the file: it is written again
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


def _cache(path: Path, data: dict[str, Any]) -> None:
    """Write tables for the next run, if possible."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_owned(os.stat(path.parent), S_ISDIR)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with open(os.open(partial, flags, 0o600), "w", encoding="utf-8") as file:
            json.dump(data, file, separators=(",", ":"))
        os.replace(partial, path)
    except OSError:
        with suppress(OSError):
            partial.unlink()
