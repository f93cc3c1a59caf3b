"""Calls of a class with other arguments, and the block that they should make."""

from __future__ import annotations

import inspect
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from archdsl.ir import Node
from archdsl.ops import Shape
from archdsl.ops.base import volume
from archdsl.ops.values import Size
from tests.arguments import draws
from tests.arguments.alone import Alone
from tests.arguments.makers import Instance, parameters
from tests.arguments.probes import Probe, Refused

FACTS = {"in_channels": 0, "in_features": 0, "in_height": 1, "in_width": 2}  # of a shape
COUNTED = re.compile(r"(.+_)?(index|count)")  # a drop path's place in its network
ATTEMPTS = 150  # to draw arguments that the language accepts
LARGEST = 10_000_000  # weights

Parameters = Mapping[str, inspect.Parameter]


@dataclass(frozen=True)
class Call:
    """A call in Python, and what the author's block is with the same arguments."""

    name: str
    arguments: Mapping[str, Any]
    probe: Probe

    def __str__(self) -> str:
        call = ", ".join(f"{name}={_shown(value)}" for name, value in self.arguments.items())
        scope = self.probe.scope
        block = ", ".join(f"{name}={_text(value)}" for name, value in scope.arguments.items())
        shapes = " and ".join("x".join(map(str, shape)) for shape in self.probe.shapes)
        return f"{self.name}({call}) for {scope.title}({block}) of {shapes}"


def draw(rng: random.Random, base: Instance, alone: Alone, calm: bool) -> Call | None:
    """A call with arguments that the language accepts; None where none was found.

    A `calm` one changes no shape where that can be helped.
    """
    taken = parameters(base.maker)
    first = alone.shapes[0]
    for _ in range(ATTEMPTS):
        arguments = _drawn(rng, base, taken, calm)
        given = base.scope.arguments
        changed = [name for name in arguments if arguments[name] is not given[name]]
        if not draws.distinct(arguments, changed):
            continue
        flows = "in_channels" in taken and "in_channels" not in arguments
        shape = (draws.channels(rng, arguments, calm), *first[1:]) if flows else first
        left_out = _left_out(rng, taken, alone)
        arguments = {name: v for name, v in arguments.items() if name not in left_out}
        try:
            probe = alone.probe(arguments, shape)
        except Refused:
            if not changed and not flows:
                return None
            continue
        if sum(map(volume, probe.weights.values())) <= LARGEST:
            return Call(base.name, _call(base, taken, arguments, shape), probe)
    return None


def strange(base: Instance, arguments: Mapping[str, Any]) -> list[str]:
    """The parameters of a class for which neither the block nor its input has a name."""
    known = {*arguments, *(f"{name}_" for name in arguments), *FACTS}
    return [n for n in parameters(base.maker) if n not in known and not COUNTED.fullmatch(n)]


def _drawn(rng: random.Random, base: Instance, taken: Parameters, calm: bool) -> dict[str, Any]:
    """The author's arguments, other ones where the class takes them."""
    found = dict(base.scope.arguments)
    for name, value in found.items():
        parameter = taken.get(name) or taken.get(f"{name}_")
        if parameter is not None:
            found[name] = draws.other(rng, value, parameter.annotation, calm)
    return found


def _left_out(rng: random.Random, taken: Parameters, alone: Alone) -> list[str]:
    """Arguments that both calls leave to defaults: Python's None is the author's expression."""
    own = [each.name.id for each in alone.block.definition.parameters if each.default]
    computed = [name for name in own if name in taken and taken[name].default is None]
    return [name for name in computed if rng.random() < 0.5]


def _call(
    base: Instance, taken: Parameters, arguments: Mapping[str, Any], shape: Shape
) -> dict[str, Any]:
    """The arguments of the class."""
    found = {}
    for name, parameter in taken.items():
        author = name if name in arguments else name.removesuffix("_")
        if author in arguments:
            given = base.arguments.get(name)
            found[name] = _python(arguments[author], given, parameter.annotation)
        elif name in FACTS:
            found[name] = shape[FACTS[name]]
        elif COUNTED.fullmatch(name):
            found[name] = _last(base)
        elif parameter.default is inspect.Parameter.empty:
            found[name] = base.arguments[name]
    return found


def _last(base: Instance) -> int:
    """The place of a network's last drop path, which has the rate of one alone."""
    return max((getattr(node.op, "count", 1) for node in base.scope.nodes()), default=1)


def _python(value: Any, given: Any, annotation: Any) -> Any:
    """An argument as Python takes it; what is no number as the network gave it."""
    if isinstance(value, Size):
        return value[0] if len(set(value)) == 1 else tuple(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return float(value) if annotation is float else value
    if isinstance(value, list):
        return tuple(value) if isinstance(given, tuple) else value
    return given


def _shown(value: Any) -> str:
    return getattr(value, "__name__", repr(value))


def _text(value: Any) -> str:
    return f"@{value.path}" if isinstance(value, Node) else str(value).lower()
