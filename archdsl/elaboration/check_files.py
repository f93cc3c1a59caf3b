"""A check of the files that `compile` writes: no two networks share one."""

from __future__ import annotations

from archdsl.diagnostics import Sink, network_errors
from archdsl.syntax import ast


def generated_files(network: str) -> tuple[str, ...]:
    """The files that `compile` may write for a network: its module and its inference engine."""
    return f"{network}.py", f"{network}_inference.py"


def check_files(tree: ast.File, sink: Sink) -> None:
    """Report networks whose generated files would overwrite those of an earlier one.

    Also where only the case differs: not every file system keeps such files apart.
    """
    written: dict[str, ast.Name] = {}
    for definition in tree.definitions:
        if isinstance(definition, (ast.Network, ast.Variant)):
            name = definition.name
            for file in generated_files(name.id):
                other = written.setdefault(file.casefold(), name)
                if other.id != name.id:
                    problem = network_errors.same_file(name.id, other.id, file, other.span)
                    sink.add(problem.at(name.span))
