"""Calls of blocks: which value each parameter has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archdsl.diagnostics import Rejected, argument_errors
from archdsl.elaboration.arguments import match
from archdsl.elaboration.environment import BlockValue, Environment
from archdsl.elaboration.expressions import Evaluator
from archdsl.syntax import ast


def bind_block(
    item: ast.Invoke,
    callee: BlockValue,
    evaluator: Evaluator,
    inside: Callable[[Environment], Evaluator],
) -> dict[str, Any]:
    """The parameters of a block with the values of one call, in order.

    Arguments are read where the call stands, by `evaluator`; defaults where the block is defined,
    by `inside`, and may use the parameters before them. `Rejected` for what does not fit.
    """
    names = [parameter.name.id for parameter in callee.definition.parameters]
    matched = match(str(callee), names, item.arguments, callee.bound)
    given = {name: evaluator.value(argument.value) for name, argument in matched.items()}
    found = {**callee.bound, **given}
    environment = callee.environment.inner()
    defaults = inside(environment)
    missing = []
    for parameter in callee.definition.parameters:
        name = parameter.name.id
        if name not in found:
            if parameter.default is None:
                missing.append(name)
                continue
            found[name] = defaults.value(parameter.default)
        environment.set(parameter.name, found[name])
    if missing:
        where = callee.definition.name.span
        raise Rejected(argument_errors.missing_argument(str(callee), missing, where).at(item.span))
    return {name: found[name] for name in names}


def constant_defaults(definition: ast.Block) -> dict[str, Any]:
    """The defaults that are the same at every call."""
    return {
        parameter.name.id: parameter.default.value
        for parameter in definition.parameters
        if isinstance(parameter.default, ast.Literal)
    }
