"""The parameters of a constructor, with what each instance gives for them."""

from __future__ import annotations

from typing import Any

from archdsl.backends.torch.constructor import Constructor
from archdsl.backends.torch.expressions import Symbol
from archdsl.backends.torch.formula_parts import is_side, parts_of
from archdsl.backends.torch.instance import OWN
from archdsl.backends.torch.parameters import MISSING, Parameter, annotation, plain_argument
from archdsl.ops.formulas import Extent, Fixed, Formula, formula_of, plain, symbols_of, traced
from archdsl.ops.formulas import Parameter as Named
from archdsl.ops.torch_form import Code


def parameters_of(constructor: Constructor) -> list[tuple[Parameter, list[Any]]]:
    """The parameters with what each instance gives for them, those with defaults last."""
    found = [
        _parameter(constructor, symbol, name) for symbol, name in constructor.writer.names.items()
    ]
    for name, extra in constructor.extras.items():
        column = [_argument(value, real=False) for value in extra.column]
        found.append((Parameter(name, annotation(column), extra.default), column))
    return sorted(found, key=lambda pair: pair[0].default is not MISSING)


def _parameter(constructor: Constructor, symbol: Symbol, name: str) -> tuple[Parameter, list[Any]]:
    scope = constructor.instances[0].module.scope
    declared = scope.defaults.get(symbol.name) if isinstance(symbol, Named) else None
    real = symbol in constructor.real or isinstance(declared, float)
    given = [instance.argument(symbol) for instance in constructor.instances]
    column = [_argument(value, real) for value in given]
    default = _default(constructor, symbol, column)
    if isinstance(default, (int, float)):
        default = _argument(default, real)
    kind = annotation(column)
    if isinstance(default, Code) and isinstance(symbol, Named):
        kind += " | None"
        taken = [symbol.name in i.module.scope.computed for i in constructor.instances]
        column = [default if d else v for d, v in zip(taken, column, strict=True)]
    return Parameter(name, kind, default), column


def _default(constructor: Constructor, symbol: Symbol, column: list[Any]) -> Any:
    """The author's default, or what a partial call has bound in its place."""
    scope = constructor.instances[0].module.scope
    if isinstance(symbol, Extent) or symbol.owner is not OWN:
        return MISSING
    computed = constructor.computed.get(symbol.name)
    if isinstance(computed, Fixed):
        return plain_argument(computed.value)
    if computed is not None and not _reads_sides(constructor, computed):
        return Code("None")
    if scope.parent is None:
        return plain(column[0])
    default = plain_argument(scope.defaults.get(symbol.name))
    return MISSING if default is None else default


def defaults_of(constructor: Constructor) -> list[tuple[str, str]]:
    """The parameters whose default is computed from others, each with its expression."""
    found = []
    for symbol, name in constructor.writer.names.items():
        formula = None
        if isinstance(symbol, Named) and symbol.owner is OWN:
            formula = constructor.computed.get(symbol.name)
        if formula is None or isinstance(formula, Fixed) or _reads_sides(constructor, formula):
            continue
        found.append((name, constructor.writer.text(formula)))
    return found


def _reads_sides(constructor: Constructor, formula: Formula) -> bool:
    """Whether a formula reads the sides of a size that some instance gives as one number."""
    sizes = {symbol for part in parts_of(formula) if is_side(part) for symbol in symbols_of(part)}
    return not sizes <= constructor.writer.square


def _argument(value: Any, real: bool) -> Any:
    value = plain_argument(value)
    if not real or not isinstance(value, int) or isinstance(plain(value), bool):
        return value
    return traced(float(value), formula_of(value))
