"""Inference engines: a rewritten graph as one standalone file that loads the trained weights."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from archdsl.backends.torch.classes import Class, Classes
from archdsl.backends.torch.docstrings import docstring
from archdsl.backends.torch.outline import Module, outline
from archdsl.backends.torch.settle import Settled, settled
from archdsl.backends.torch.view import (
    ClassView,
    class_view,
    defined,
    heading,
    lines_of,
    needed,
    network_view,
    support_of,
)
from archdsl.ir import Graph
from archdsl.ops.base import volume
from archdsl.resources import PACKAGE

SUFFIX = "_inference"
DENSE_FORWARD = (
    "    def forward(self, x: Tensor) -> Tensor:",
    "        return densely([*self], x)",
)


@dataclass(frozen=True)
class EngineView:
    """A generated file: what it imports, what it has of the support, its classes."""

    doc: tuple[str, ...]
    imports: tuple[str, ...]
    support: tuple[str, ...]
    classes: tuple[ClassView, ...]


def engine_view(graph: Graph, origin: str) -> EngineView:
    """The file for a graph that passes have rewritten; `origin` names the source in its head."""
    made = settled(graph, graph.name + SUFFIX)
    known = _definitions()
    root = outline(made.graph)
    of_ops = support_of(root)
    classes = Classes(names={*known, *(name for source in of_ops for name in defined(source))})
    classes.add_all(root)
    *blocks, network = (_class(found, root, classes, made.graph) for found in classes.found)
    views = (*blocks, replace(network, base="Engine", doc=_attributes(made)))
    lines = [line for found in views for line in lines_of(found)]
    of_ops = needed(of_ops, lines)
    used = "\n".join([*of_ops, *lines])
    support = (*(known[name] for name in _needed(known, used)), *of_ops)
    doc = f"{graph.name} for inference.\n\n{heading(graph, origin)}"
    imports = tuple(_imports("\n".join([*support, used])))
    return EngineView(docstring(doc, 0), imports, support, views)


def _class(made: Class, root: Module, classes: Classes, graph: Graph) -> ClassView:
    """A class as the trainable module's, but for dense blocks, which need no concatenation."""
    if made.instances[0] is root:
        return network_view(made, root, classes, None, None)
    found = class_view(made, recompute=False)
    steady = made.loop is not None and all(_steady(m, graph) for m in made.instances)
    return replace(found, forward=DENSE_FORWARD) if steady else found


def _steady(module: Module, graph: Graph) -> bool:
    """Whether all layers of a dense block add as many channels."""
    growths = {graph.nodes[layer.outputs[0]].shape[0] for layer in module.links}
    return len(growths) == 1


def _attributes(made: Settled) -> tuple[str, ...]:
    """What the network's class says of itself: the sizes of its values, what has moved."""
    sizes = [made.graph.nodes[number].shape for number in made.graph.inputs]
    largest = max(volume(node.shape) for node in made.graph.nodes)
    lines = [f"    sizes = ({', '.join(map(str, sizes))},)", f"    largest = {largest:_}"]
    if made.places:
        entries = [f'        "{new}": "{old}",' for new, old in made.places.items()]
        lines += ["    places: Mapping[str, str] = {", *entries, "    }"]
    return tuple(lines)


# ------------------------------------------------------------------ support


@cache
def _source() -> str:
    return (PACKAGE / "backends" / "torch" / "support" / "engine.py").read_text("utf-8")


@cache
def _definitions() -> dict[str, str]:
    """The definitions of the support file by name, each with the comment above it."""
    lines = _source().splitlines()
    found = {}
    for statement in ast.parse(_source()).body:
        name = _name(statement)
        if name:
            decorators = getattr(statement, "decorator_list", [])
            first = min([statement.lineno, *(d.lineno for d in decorators)])
            while lines[first - 2].startswith("#"):
                first -= 1
            found[name] = "\n".join(lines[first - 1 : statement.end_lineno])
    return found


def _name(statement: ast.stmt) -> str:
    if isinstance(statement, ast.ClassDef | ast.FunctionDef):
        return statement.name
    target = None
    if isinstance(statement, ast.Assign):
        target = statement.targets[0]
    elif isinstance(statement, ast.AnnAssign):
        target = statement.target
    return target.id if isinstance(target, ast.Name) else ""


def _imports(text: str) -> Iterator[str]:
    """The support file's import statements, as far as a text needs them."""
    words = _words(text)
    statements = [
        s for s in ast.parse(_source()).body if isinstance(s, ast.Import | ast.ImportFrom)
    ]
    own = True
    for statement in statements:
        wanted = [name for name in statement.names if (name.asname or name.name) in words]
        if not wanted:
            continue
        statement.names = wanted
        line = ast.unparse(statement)
        if own and "torch" in line:
            yield ""  # between Python's own and others
            own = False
        yield line


def _needed(known: dict[str, str], text: str) -> list[str]:
    """What a text uses, and what that uses, in the order of the support file."""
    needed: set[str] = set()
    waiting = [text]
    while waiting:
        words = _words(waiting.pop())
        new = [name for name in known if name in words and name not in needed]
        needed.update(new)
        waiting += [known[name] for name in new]
    return [name for name in known if name in needed]


def _words(text: str) -> set[str]:
    """The names that code uses: not attributes, not words of comments and strings."""
    code = re.sub(r'"""(?:.|\n)*?"""|#.*|"[^"\n]*"', "", text)
    return set(re.findall(r"(?<![.\w])[A-Za-z_]\w*", code))
