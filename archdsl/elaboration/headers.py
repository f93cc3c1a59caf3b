"""Names that a `repeat` or a list gives to the items that it runs over."""

from __future__ import annotations

from typing import Any

from archdsl.diagnostics import Rejected, name_errors
from archdsl.elaboration.arguments import describe
from archdsl.elaboration.environment import Environment
from archdsl.syntax import ast


def bind_item(header: ast.Header, number: int, item: Any, environment: Environment) -> None:
    """Name an item, or its parts, and its index; raise `Rejected` if it has other parts."""
    if header.index is not None:
        environment.set(header.index, number)
    values = [item]
    if len(header.names) > 1:
        if not isinstance(item, (list, tuple)) or len(item) != len(header.names):
            wanted = f"a list of {len(header.names)}"
            problem = name_errors.cannot_unpack(describe(item), number, wanted)
            raise Rejected(problem.at(header.span))
        values = list(item)
    for name, value in zip(header.names, values, strict=True):
        environment.set(name, value)
