"""Parameters of a network set from outside, as `--set depth=50` does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from archdsl.diagnostics import Diagnostic, Poisoned, Rejected, Span, argument_errors
from archdsl.elaboration.environment import BlockValue, Environment, NetworkValue
from archdsl.elaboration.expressions import Evaluator
from archdsl.syntax import ast

Callee = TypeVar("Callee", NetworkValue, BlockValue)


def override(
    network: NetworkValue,
    settings: Mapping[str, ast.Expr],
    seen_from: Environment,
    first: Sequence[ast.Argument] = (),
) -> NetworkValue:
    """A network with its `first` arguments bound as in a call, then with its settings.

    A setting is a parameter of the network. One that the network does not have is a parameter of
    the only block among its arguments that has one of this name: `groups=32` is short for
    `unit=bottleneck(groups=32)`. `unit.groups=32` says which block. Names in values mean what they
    mean in `seen_from`, else what they mean where the network is defined. `Rejected` for a
    parameter that is not there, or in several blocks.
    """
    names = Environment(network.environment, seen_from.names, meter=seen_from.meter)
    evaluator = Evaluator(names)
    bound = evaluator.arguments(str(network), _parameters(network), tuple(first), network.bound)
    network = network.binding(bound)
    own = _parameters(network)
    for name in sorted(settings, key=lambda name: name not in own):  # the blocks before what is in
        expression = settings[name]
        value = evaluator.value(expression)
        network = _set(network, name.split("."), value, expression.span)
    return network


def _set(callee: Callee, path: Sequence[str], value: Any, span: Span) -> Callee:
    """A network or block with one parameter bound, its own or one of a block in it."""
    name, *rest = path
    if name in _parameters(callee) and not rest:
        return callee.binding({name: value})
    blocks = _blocks(callee)
    holders = [key for key, block in blocks.items() if name in _parameters(block)]
    holder = name if rest else holders[0] if len(holders) == 1 else None
    if holder not in blocks:
        raise Rejected(_unknown(callee, name, blocks).at(span))
    return callee.binding({holder: _set(blocks[holder], rest or [name], value, span)})


def _unknown(callee: Callee, name: str, blocks: Mapping[str, BlockValue]) -> Diagnostic:
    inside = {key: _parameters(block) for key, block in blocks.items()}
    unbound = callee.unbound() if isinstance(callee, NetworkValue) else ()
    return argument_errors.unknown_setting(str(callee), name, _parameters(callee), inside, unbound)


def _parameters(callee: NetworkValue | BlockValue) -> list[str]:
    return [parameter.name.id for parameter in callee.definition.parameters]


def _blocks(callee: NetworkValue | BlockValue) -> dict[str, BlockValue]:
    """The blocks among the arguments, defaults included, by the parameter's name."""
    found = {}
    names = callee.environment.inner()
    for parameter in callee.definition.parameters:
        name, default = parameter.name.id, parameter.default
        if name in callee.bound:
            value = callee.bound[name]
        elif default is None:
            continue
        else:
            try:
                value = Evaluator(names).value(default)
            except (Rejected, Poisoned):  # it reads a parameter that has no value yet
                continue
        names.names[name] = value
        if isinstance(value, BlockValue):
            found[name] = value
    return found
