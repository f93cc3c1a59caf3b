"""The source text of `archdsl.runtime`: what engines import, and what standalone ones contain.

The compiler reads this text and never imports the package, which imports torch.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from archdsl.backends.torch.layout import WIDTH
from archdsl.resources import PACKAGE

ROOT = "archdsl.runtime"


@cache
def version() -> str:
    """Return the version of the runtime that engines are compiled for."""
    return str(_assigned("version", "VERSION"))


@cache
def exported() -> frozenset[str]:
    """Return the names that engines may import from `archdsl.runtime`."""
    return frozenset(_assigned("__init__", "__all__"))


@cache
def definitions() -> dict[str, str]:
    """Return the definitions of the runtime by name, each with the comment above it.

    Every definition follows those that it uses.
    """
    found = {}
    for file in _files():
        lines = _text(file).splitlines()
        for statement in _tree(file).body:
            name = _name(statement)
            if name and not name.startswith("__"):
                decorators = getattr(statement, "decorator_list", [])
                first = min([statement.lineno, *(d.lineno for d in decorators)])
                while lines[first - 2].startswith("#"):
                    first -= 1
                found[name] = "\n".join(lines[first - 1 : statement.end_lineno])
    return found


def needed_of(text: str) -> list[str]:
    """Return the definitions that a text uses, and those that these use, in order."""
    known = definitions()
    needed: set[str] = set()
    waiting = [_words(text)]
    while waiting:
        new = waiting.pop() & known.keys() - needed
        needed |= new
        waiting += map(_names_in, new)
    return [known[name] for name in known if name in needed]


@cache
def _names_in(definition: str) -> set[str]:
    tree = ast.parse(definitions()[definition])
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def imports_of(text: str, runtime: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the imports that a text needs, and one of names of the runtime if there are any.

    The lines are in the order of `ruff`, with an empty one between groups.
    """
    words = _words(text)
    wanted: dict[str, set[str]] = {}  # the names imported from each module
    for file in _files():
        for statement in _tree(file).body:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                module = getattr(statement, "module", "")
                names = {ast.unparse(n) for n in statement.names if (n.asname or n.name) in words}
                if names and not module.startswith(ROOT):
                    wanted.setdefault(module, set()).update(names)
    plain = [f"import {name}" for name in sorted(wanted.pop("", ()))]
    if runtime:
        wanted[ROOT] = set(runtime)
    lines = plain + [_import_from(module, names) for module, names in sorted(wanted.items())]
    ours = [line for line in lines if re.match(rf"(import|from) (torch|{ROOT})\b", line)]
    others = [line for line in lines if line not in ours]
    return (*others, "", *ours) if others else tuple(ours)


def used_of(text: str) -> list[str]:
    """Return the names of the runtime that a text uses."""
    return sorted(exported() & _words(text))


# ------------------------------------------------------------------ the files


@cache
def _files() -> tuple[str, ...]:
    """Return the files of the runtime, each after those that it imports."""
    found: dict[str, None] = {}

    def visit(file: str) -> None:
        if file not in found:
            for imported in _imported(file):
                visit(imported)
            found[file] = None

    visit("__init__")
    return tuple(found)


def _imported(file: str) -> Iterator[str]:
    for statement in _tree(file).body:
        if isinstance(statement, ast.ImportFrom) and (statement.module or "").startswith(ROOT):
            yield (statement.module or "").removeprefix(f"{ROOT}.").replace(".", "/")


@cache
def _text(file: str) -> str:
    return (PACKAGE / "runtime" / f"{file}.py").read_text("utf-8")


@cache
def _tree(file: str) -> ast.Module:
    return ast.parse(_text(file))


def _assigned(file: str, name: str) -> Any:
    """Return the literal that a file assigns to a name."""
    (value,) = (
        statement.value
        for statement in _tree(file).body
        if isinstance(statement, ast.Assign) and _name(statement) == name
    )
    return ast.literal_eval(value)


def _name(statement: ast.stmt) -> str:
    """Return the name that a statement defines; an empty text for other statements."""
    if isinstance(statement, ast.ClassDef | ast.FunctionDef):
        return statement.name
    target = None
    if isinstance(statement, ast.Assign):
        target = statement.targets[0]
    elif isinstance(statement, ast.AnnAssign):
        target = statement.target
    return target.id if isinstance(target, ast.Name) else ""


def _words(text: str) -> set[str]:
    """Return the names that code uses: no attributes, nor words of comments and strings."""
    code = re.sub(r'"""(?:.|\n)*?"""|#.*|"[^"\n]*"', "", text)
    return set(re.findall(r"(?<![.\w])[A-Za-z_]\w*", code))


def _import_from(module: str, names: set[str]) -> str:
    """Return an import as ruff sorts and breaks it: constants, then classes, then functions."""
    ordered = sorted(names, key=lambda name: (not name.isupper(), name[0].islower(), name))
    line = f"from {module} import {', '.join(ordered)}"
    if len(line) <= WIDTH:
        return line
    return "\n".join([f"from {module} import (", *(f"    {name}," for name in ordered), ")"])
