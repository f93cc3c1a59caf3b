"""Conditions and order of a sweep's rows: `--where 'macs < 4e9 and rf >= 224'`, `--sort macs`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeVar

from archdsl.cli.main import UsageError
from archdsl.diagnostics import Rejected
from archdsl.diagnostics.suggest import clip, did_you_mean, listing
from archdsl.elaboration.environment import Environment
from archdsl.elaboration.expressions import Evaluator
from archdsl.elaboration.functions import FUNCTIONS
from archdsl.syntax import ast
from archdsl.syntax.parse import parse_expression
from archdsl.syntax.walk import walk

T = TypeVar("T")


def add_selection_arguments(parser: ArgumentParser) -> None:
    """Add `--where` and `--sort`."""
    parser.add_argument(
        "--where", metavar="CONDITION",
        help="keep rows for which an expression of the language holds, of columns and varied"
        " parameters: --where 'macs < 4e9 and rf >= 224'",
    )  # fmt: skip
    parser.add_argument(
        "--sort", metavar="NAME",
        help="order the rows by a column or a varied parameter; --sort=-NAME: the largest first",
    )  # fmt: skip


class RowSelection:
    """The condition and the order of rows whose names are `known`.

    Raise `UsageError` for an expression that cannot be parsed, or with an unknown name.
    """

    def __init__(self, options: Namespace, known: Collection[str]) -> None:
        self._condition = _condition(options.where, known) if options.where else None
        self._largest_first = (options.sort or "").startswith("-")
        self._key = (options.sort or "").removeprefix("-")
        if options.sort:
            _check_known("--sort", self._key, known)

    @property
    def names(self) -> set[str]:
        """The names that the selection reads."""
        return {*_names(self._condition), *([self._key] if self._key else [])}

    def select(self, rows: Iterable[tuple[Mapping[str, Any], T]]) -> list[T]:
        """Return the rows that the condition keeps, in order; each row comes with its values.

        Rows that lack a value of the condition are left out; those that lack the key come last.
        """
        kept = [(values, row) for values, row in rows if self._holds(values)]
        if self._key:
            sortable = [each for each in kept if _is_number(each[0].get(self._key))]
            others = [each for each in kept if not _is_number(each[0].get(self._key))]
            sortable.sort(key=lambda each: each[0][self._key], reverse=self._largest_first)
            kept = sortable + others
        return [row for _, row in kept]

    def _holds(self, values: Mapping[str, Any]) -> bool:
        if self._condition is None:
            return True
        needed = _names(self._condition) - FUNCTIONS.keys()
        if any(values.get(name) is None for name in needed):
            return False
        try:
            found = Evaluator(Environment(names=dict(values))).value(self._condition)
        except Rejected as rejected:
            raise UsageError(f"--where: {rejected.diagnostic.message}") from None
        if not isinstance(found, bool):
            raise UsageError("--where: write a condition, as in --where 'macs < 4e9'")
        return found


def value_of(expression: ast.Expr) -> Any:
    """The value of a setting; None for one that needs the names of the file."""
    try:
        return Evaluator(Environment()).value(expression)
    except Rejected:
        return None


def _condition(text: str, known: Collection[str]) -> ast.Expr:
    try:
        condition = parse_expression(text, "--where")
    except Rejected as rejected:
        raise UsageError(f"--where {clip(text)}: {rejected.diagnostic.message}") from None
    for name in sorted(_names(condition) - FUNCTIONS.keys()):
        _check_known("--where", name, known)
    return condition


def _names(condition: ast.Expr | None) -> set[str]:
    if condition is None:
        return set()
    return {node.id for node in walk(condition) if isinstance(node, ast.Name)}


def _check_known(option: str, name: str, known: Collection[str]) -> None:
    if name not in known:
        hint = did_you_mean(name, known, f"there are {listing(known, most=len(known))}")
        raise UsageError(f"{option}: there is no column {clip(name)!r}; {hint}")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float))
