"""The content of a class of several structures: layers, with the conditions that choose them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from archdsl.backends.torch.construct import Make
from archdsl.backends.torch.instance import Instance
from archdsl.backends.torch.outline import Module
from archdsl.ops.formulas import Formula, plain

Outcome = tuple[Formula, bool]  # a condition and what it must be


@dataclass(frozen=True)
class Layer:
    """A layer as each instance of a class makes it, None where it is not there.

    `conditions` choose whether it is; each has the value that it must have.
    """

    name: str
    makes: tuple[Make | None, ...]
    conditions: tuple[Formula, ...] = ()


@dataclass(frozen=True)
class Attribute:
    """An attribute of a class: a layer, or a row of layers, each with its conditions.

    The row that a class itself is has no name.
    """

    name: str
    layers: tuple[Layer, ...]
    row: bool


@dataclass(frozen=True)
class Merged:
    """The content of a class of several structures.

    Where `flag` holds, its `forward` is that of the second of `variants`, else of the first.
    `result` are the channels of its value.
    """

    attributes: tuple[Attribute, ...]
    result: Formula
    variants: tuple[Module, ...] = ()
    flag: Formula | None = None
    flag_name: str = ""

    @property
    def names(self) -> list[str]:
        return [attribute.name for attribute in self.attributes]

    def result_of(self, instance: Instance) -> Formula:
        """The channels of the class's value in one instance."""
        value = plain(instance.channels[instance.module.outputs[0]].value)
        return replace(self.result, value=value)

    @property
    def conditions(self) -> list[Formula]:
        """All conditions that the constructor has."""
        flags = [] if self.flag is None else [self.flag]
        return list(dict.fromkeys([*conditions_of(self.attributes), *flags]))


def conditions_of(attributes: Sequence[Attribute]) -> list[Formula]:
    """All conditions that choose layers."""
    layers = (layer for attribute in attributes for layer in attribute.layers)
    return list(dict.fromkeys(c for layer in layers for c in layer.conditions))


def outcomes_of(conditions: Sequence[Formula]) -> tuple[Outcome, ...]:
    """Conditions with their outcomes: formulas are equal whatever their values."""
    return tuple((condition, bool(condition.value)) for condition in conditions)
