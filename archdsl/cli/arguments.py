"""Words of the command line that mean several files or networks: folders and patterns."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path

from archdsl import files
from archdsl.diagnostics import Sink, UsageError
from archdsl.diagnostics.suggest import clip
from archdsl.syntax import ast
from archdsl.syntax.parse import parse

PATTERN = re.compile(r"[\w.]*[*?][\w.*?]*")
MOST_FILES = 1_000


def expanded(words: Iterable[str]) -> list[str]:
    """Replace each folder by its .arch files, and each pattern by the shipped networks it matches.

    The name of a shipped network means the network, also if there is a folder of this name. A
    pattern omits networks that need arguments. Raise `UsageError` for a word that means nothing.
    """
    return list(dict.fromkeys(each for word in words for each in _meanings(word)))


def _meanings(word: str) -> list[str]:
    if os.path.isdir(word) and not files.is_shipped(word):
        return _files_in(word)
    if PATTERN.fullmatch(word) and not os.path.lexists(word):
        return _matching(word)
    return [word]


def _files_in(folder: str) -> list[str]:
    """The .arch files below a folder, without hidden folders, in order."""
    found = list(islice(_walk(folder), MOST_FILES + 1))
    if not found:
        raise UsageError(f"the folder {folder!r} has no .arch file")
    if len(found) > MOST_FILES:
        raise UsageError(f"the folder {folder!r} has more than {MOST_FILES:,} .arch files")
    return found


def _walk(folder: str) -> Iterator[str]:
    for path, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (os.path.join(path, name) for name in sorted(names) if name.endswith(".arch"))


def _matching(pattern: str) -> list[str]:
    """The shipped networks that match a pattern and need no arguments."""
    shipped = files.shipped_networks()
    names = [name for name in shipped if fnmatchcase(name, pattern)]
    open_ones = {name for path in {shipped[name] for name in names} for name in _open_in(path)}
    found = [name for name in names if name not in open_ones]
    if not found:
        raise UsageError(f"no file and no shipped network matches {clip(pattern)!r}")
    return found


def _open_in(path: Path) -> Iterator[str]:
    """The networks of a file that need arguments."""
    for definition in parse(files.source(path), Sink()).definitions:
        if isinstance(definition, ast.Network) and any(
            parameter.default is None for parameter in definition.parameters
        ):
            yield definition.name.id
