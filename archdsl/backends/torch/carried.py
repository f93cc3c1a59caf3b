"""What an engine's file carries of the support files: the definitions and imports that it uses."""

from __future__ import annotations

import ast
import re
from functools import cache

from archdsl.resources import PACKAGE

FILES = (
    "choice",
    "kernels",
    "state_dict",
    "weights",
    "operators",
    "winograd",
    "convolutions",
    "layers",
    "images",
    "steps",
    "together",
    "replay",
    "script",
    "engine",
)  # each uses only those before it


@cache
def definitions() -> dict[str, str]:
    """The definitions of the support files by name, each with the comment above it."""
    found = {}
    for source in _sources():
        lines = source.splitlines()
        for statement in ast.parse(source).body:
            name = _name(statement)
            if name:
                decorators = getattr(statement, "decorator_list", [])
                first = min([statement.lineno, *(d.lineno for d in decorators)])
                while lines[first - 2].startswith("#"):
                    first -= 1
                found[name] = "\n".join(lines[first - 1 : statement.end_lineno])
    return found


def needed_of(text: str) -> list[str]:
    """The definitions that a text uses, and those that these use, in their order."""
    known = definitions()
    needed: set[str] = set()
    waiting = [text]
    while waiting:
        words = _words(waiting.pop())
        new = [name for name in known if name in words and name not in needed]
        needed.update(new)
        waiting += [known[name] for name in new]
    return [known[name] for name in known if name in needed]


def imports_of(text: str) -> tuple[str, ...]:
    """The support files' imports, as far as a text needs them, in the order of `ruff`."""
    words = _words(text)
    wanted: dict[str, set[str]] = {}  # what is imported from each module
    for source in _sources():
        for statement in ast.parse(source).body:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                module = getattr(statement, "module", "")
                names = {ast.unparse(n) for n in statement.names if (n.asname or n.name) in words}
                if names and not module.startswith("archdsl"):
                    wanted.setdefault(module, set()).update(names)
    lines = [f"import {name}" for name in sorted(wanted.pop("", ()))]
    lines += [f"from {m} import {', '.join(sorted(names))}" for m, names in sorted(wanted.items())]
    own = [line for line in lines if "torch" not in line]
    return (*own, "", *(line for line in lines if "torch" in line))


@cache
def _sources() -> tuple[str, ...]:
    folder = PACKAGE / "backends" / "torch" / "support"
    return tuple((folder / f"{name}.py").read_text("utf-8") for name in FILES)


def _name(statement: ast.stmt) -> str:
    """What a statement defines."""
    if isinstance(statement, ast.ClassDef | ast.FunctionDef):
        return statement.name
    target = None
    if isinstance(statement, ast.Assign):
        target = statement.targets[0]
    elif isinstance(statement, ast.AnnAssign):
        target = statement.target
    return target.id if isinstance(target, ast.Name) else ""


def _words(text: str) -> set[str]:
    """The names that code uses: not attributes, not words of comments and strings."""
    code = re.sub(r'"""(?:.|\n)*?"""|#.*|"[^"\n]*"', "", text)
    return set(re.findall(r"(?<![.\w])[A-Za-z_]\w*", code))
