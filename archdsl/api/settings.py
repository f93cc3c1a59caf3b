"""Python values as settings of networks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from archdsl.api.errors import ArchError
from archdsl.diagnostics import Rejected
from archdsl.ops.values import LARGEST, Size
from archdsl.syntax import ast
from archdsl.syntax.parse import parse_expression

UNNAMED = "input"  # the name of an input that has none
InputSize = str | Iterable[int]


def settings_of(parameters: Mapping[str, Any]) -> dict[str, ast.Expr]:
    """Return parameters as expressions of the language.

    Numbers, truth values and lists of them stand for themselves; a text is an expression, as
    after `--set`: "bottleneck(groups=32)".
    """
    return {name.replace("__", "."): expression(name, value) for name, value in parameters.items()}


def expression(name: str, value: Any) -> ast.Expr:
    """Return one value as an expression; raise `ArchError` for a value the language lacks."""
    text = value if isinstance(value, str) else _literal(name, value)
    try:
        return parse_expression(text, name)
    except Rejected as rejected:
        raise ArchError.of([rejected.diagnostic]) from None


def _literal(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple | range):
        return f"[{', '.join(_literal(name, each) for each in value)}]"
    raise ArchError(
        f"{name}={value!r}: write a number, true or false as bool, a list of these,"
        " or an expression of the language as str"
    )


def sizes_of(size: InputSize | Mapping[str, InputSize] | None) -> dict[str, Size]:
    """Return sizes of inputs by name: "3x192x192" or (3, 192, 192), alone or by name."""
    if size is None:
        return {}
    named = size if isinstance(size, Mapping) else {UNNAMED: size}
    return {name: _size(each) for name, each in named.items()}


def _size(size: InputSize) -> Size:
    try:
        dims = tuple(map(int, size.split("x") if isinstance(size, str) else size))
    except (TypeError, ValueError):
        dims = ()
    if not dims or not all(1 <= dim <= LARGEST for dim in dims):
        raise ArchError(f'input={size!r}: write channels, height, width, as in "3x192x192"')
    return Size(dims)
