"""Calls of blocks: which value each parameter has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archdsl.diagnostics import Rejected, argument_errors
from archdsl.elaboration.arguments import match
from archdsl.elaboration.environment import BlockValue, Environment, OpValue
from archdsl.elaboration.expressions import Evaluator
from archdsl.ops.formulas import Fixed, Formula, formula_of, is_traced
from archdsl.records import record
from archdsl.syntax import ast


@record
class Binding:
    """The values of a block's parameters in one call, in order.

    `flags` are the formulas of truth values and of named ops among them. `computed` are defaults
    that are not in the block's head: those that the call takes and that follow from other
    parameters, as formulas of these, and values that were bound before.
    """

    values: dict[str, Any]
    flags: dict[str, Formula]
    computed: dict[str, Formula]


def bind_block(
    item: ast.Invoke,
    callee: BlockValue,
    evaluator: Evaluator,
    inside: Callable[[Environment], Evaluator],
    owner: object,
) -> Binding:
    """Bind the parameters of a block, whose scope has the key `owner`, for one call.

    Arguments are read at the place of the call, by `evaluator`; defaults where the block is
    defined, by `inside`, and may use the parameters before them. `Rejected` for what does not fit.
    """
    names = [parameter.name.id for parameter in callee.definition.parameters]
    matched = match(str(callee), names, item.arguments, callee.bound)
    given = {name: evaluator.value(argument.value) for name, argument in matched.items()}
    found = {**callee.bound, **given}
    environment = callee.environment.inner()
    own = callee.environment.inner()
    computed: dict[str, Formula] = {
        name: Fixed(value) for name, value in callee.bound.items() if not is_traced(value)
    }
    missing = []
    for parameter in callee.definition.parameters:
        name = parameter.name.id
        if name not in found:
            if parameter.default is None:
                missing.append(name)
                continue
            found[name] = inside(environment).value(parameter.default)
            if is_traced(found[name]) or not isinstance(parameter.default, ast.Literal):
                formula = formula_of(inside(own).value(parameter.default))
                computed |= {} if isinstance(formula, Fixed) else {name: formula}
        environment.set(parameter.name, found[name], parameter=True)
        own.bind({name: found[name]}, owner)
    if missing:
        where = callee.definition.name.span
        raise Rejected(argument_errors.missing_argument(str(callee), missing, where).at(item.span))
    flags = {
        name: evaluator.formula(argument.value)
        for name, argument in matched.items()
        if isinstance(found[name], bool)
        or (isinstance(found[name], OpValue) and isinstance(argument.value, ast.Name))
    }
    flags |= {
        name: Fixed(found[name])
        for name in names
        if isinstance(found[name], OpValue) and name not in matched and name not in callee.bound
    }
    return Binding({name: found[name] for name in names}, flags, computed)


def constant_defaults(definition: ast.Block | ast.Network) -> dict[str, Any]:
    """The defaults that are the same at every call."""
    return {
        parameter.name.id: parameter.default.value
        for parameter in definition.parameters
        if isinstance(parameter.default, ast.Literal)
    }
