"""Ops from outside: installed packages that offer some, and files that the user names.

Both run code, which is why both are the user's choice: no `.arch` file can ask for either. Files
are named on the command line or in the project's pyproject.toml.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Container, Iterator
from functools import cache
from pathlib import Path
from threading import RLock
from types import ModuleType

from archdsl.diagnostics import CannotRun, Rejected
from archdsl.diagnostics.suggest import clip
from archdsl.elaboration.contracts import check_results
from archdsl.elaboration.functions import FUNCTIONS
from archdsl.ops import OPS, Op, ops_in
from archdsl.resources import current_folder
from archdsl.syntax import ast
from archdsl.syntax.parse import parse_expression

GROUP = "archdsl.ops"  # the entry points that are asked
_origins: dict[str, str] = {}  # who brought a word
_loading = RLock()  # one thread adds ops at a time, and a plugin may use the compiler


def op_called(word: str) -> type[Op] | None:
    """The op of a word; packages are asked when it is not known without them.

    `CannotRun` when one of them cannot be used.
    """
    if word not in OPS:
        load_installed()
    return OPS.get(word)


def load_installed() -> None:
    """Add the ops of all installed packages, once; `CannotRun` for one that cannot be used."""
    with _loading:
        _load_installed()


@cache
def _load_installed() -> None:
    for origin, load in _offers():
        _add(_run(load, origin), origin)


def load_file(path: Path) -> None:
    """Run a Python file and add its ops, once; `CannotRun` when that cannot be done."""
    with _loading:
        _load_file(path)


def _load_file(path: Path) -> None:
    name = f"archdsl plugin {os.path.realpath(path)}"  # `Path.resolve` raises for a circle of links
    if name in sys.modules:
        return
    origin = f"the plugin {str(path)!r}"
    if not path.is_file():
        raise CannotRun(f"{origin} cannot be read: there is no such file")
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module  # where `dataclass` looks for the names of annotations
    try:
        _run(lambda: exec(compile(path.read_bytes(), path, "exec"), vars(module)), origin)
        _add(module, origin)
    except CannotRun:
        del sys.modules[name]
        raise


def _offers() -> Iterator[tuple[str, Callable[[], object]]]:
    """The entry points of all packages, except what lies in the current folder.

    `python -m` looks there first, and it may be a stranger's, as its `.arch` files may be.
    """
    from importlib.metadata import distributions  # takes 0.05 s

    here = current_folder()
    places = [place for place in sys.path if not _is_here(place, here)]
    for package in distributions(path=places):
        for entry in package.entry_points.select(group=GROUP):
            yield f"the plugin {entry.name!r} of the package {package.name!r}", entry.load


def _is_here(place: str, here: Path | None) -> bool:
    path = Path(place)
    return not path.is_absolute() if here is None else path.resolve() == here


def blamed(error: BaseException) -> str | None:
    """Who raised an error, where a plugin's op did: the plugin, the error and its line."""
    from traceback import walk_tb

    origins = {OPS[word].__module__: origin for word, origin in _origins.items()}
    for frame, line in reversed(list(walk_tb(error.__traceback__))):
        origin = origins.get(frame.f_globals.get("__name__", ""))
        if origin is not None:
            why = clip(f"{type(error).__name__}: {error}", 300)
            return f"{origin} failed: {why} ({frame.f_code.co_filename}, line {line})"
    return None


def _run(load: Callable[[], object], origin: str) -> object:
    try:
        return load()
    except (Exception, SystemExit) as error:
        why = clip(f"{type(error).__name__}: {error}", 300)
        raise CannotRun(f"{origin} cannot be loaded: {why}{_line(error)}") from None


def _line(error: BaseException) -> str:
    """The place where the plugin's code failed; empty if none of it ran."""
    from traceback import extract_tb

    frames = [(frame.filename, frame.lineno) for frame in extract_tb(error.__traceback__)]
    own = [f for f in frames if f[0] != __file__ and "importlib" not in f[0]]
    return f" ({own[-1][0]}, line {own[-1][1]})" if own else ""


def _add(found: object, origin: str) -> None:
    """Add the ops of a module, or an op itself, to the table: all of them or none."""
    offered = ops_in(vars(found).values() if isinstance(found, ModuleType) else [found])
    foreign = [op for op in offered if not op.__module__.startswith(f"{GROUP}.")]
    if not foreign:
        raise CannotRun(f"{origin} defines no op: a subclass of `archdsl.ops.Op` with a `word`")
    new: dict[str, type[Op]] = {}
    for op in foreign:
        if op not in OPS.values():
            problem = _problem(op, {*OPS, *FUNCTIONS, *new})
            if problem:
                raise CannotRun(f"{origin}: `{op.__name__}` {problem}")
            new[op.word] = op
    for op in new.values():
        check_results(op, origin)
    OPS.update(new)
    _origins.update(dict.fromkeys(new, origin))


def _problem(op: type[Op], taken: Container[str]) -> str | None:
    """Why a class cannot be an op of the language."""
    word = op.word
    if not _is_name(word):
        return f"has the word {word!r}, which is not a name of the language"
    if word in taken:
        return f"has the word `{word}`, which {_origins.get(word, 'the language')} has already"
    if "__dataclass_fields__" not in vars(op):
        return "is not a dataclass: write `@dataclass(frozen=True)` above it"
    if op.torch is Op.torch:
        return "has no PyTorch form: define `torch`"
    return None


def _is_name(word: object) -> bool:
    """Whether the language reads a word as a name: keywords are none."""
    try:
        return isinstance(word, str) and isinstance(parse_expression(word, "word"), ast.Name)
    except Rejected:
        return False
