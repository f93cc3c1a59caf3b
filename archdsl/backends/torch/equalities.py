"""The equalities that the outcomes of conditions imply, and formulas that are equal by them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from archdsl.backends.torch.expressions import Symbol, equivalent, rewritten
from archdsl.ops.formulas import Apply, Extent, Fixed, Formula, symbols_of


def equalities(condition: Formula, outcome: bool) -> list[tuple[Formula, Formula]]:
    """Pairs of formulas that are equal where a condition has an outcome, each in both orders."""
    if not isinstance(condition, Apply):
        return []
    left, *right = condition.operands
    if condition.function == ("==" if outcome else "!="):
        return [(left, right[0]), (right[0], left)]
    if condition.function == ("and" if outcome else "or"):
        return [pair for each in condition.operands for pair in equalities(each, outcome)]
    return equalities(left, not outcome) if condition.function == "not" else []


def common(formulas: Sequence[Formula], known: Sequence[Iterable[Formula]]) -> Formula | None:
    """The formula that all are equal to, each where its conditions have the outcomes they have."""
    symbols = [_equal_symbols(conditions) for conditions in known]
    for candidate in formulas:
        if all(
            equivalent(_replaced(candidate, equal), _replaced(formula, equal))
            for formula, equal in zip(formulas, symbols, strict=True)
        ):
            return candidate
    return None


def _equal_symbols(conditions: Iterable[Formula]) -> dict[Symbol, Formula]:
    """The formulas that symbols are equal to where conditions have their outcomes.

    Channels of inputs are replaced by parameters, and these by numbers, never the other way round.
    """
    found: dict[Symbol, Formula] = {}
    for condition in conditions:
        for symbol, other in equalities(condition, bool(condition.value)):
            if isinstance(symbol, (Apply, Fixed)) or symbol in found:
                continue
            if _rank(symbol) > _rank(other) and symbol not in symbols_of(other):
                found[symbol] = other
    return found


def _rank(formula: Formula) -> int:
    if isinstance(formula, Extent):
        return 3
    return 0 if isinstance(formula, Fixed) else 1 if isinstance(formula, Apply) else 2


def _replaced(formula: Formula, equal: Mapping[Symbol, Formula]) -> Formula:
    for _ in equal:  # one may lead to another
        formula = rewritten(formula, lambda symbol: equal.get(symbol, symbol))
    return formula
