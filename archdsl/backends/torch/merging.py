"""Several structures of a block as one class, with the author's conditions in its constructor.

    block inverted(hidden, channels, stride) {
        skip if stride == 1 and in.channels == channels {
            conv: { if hidden != in.channels { unit(1x1, hidden) } unit(3x3, hidden, stride) }
        }
    }

The constructor makes a list of the layers that there are, `if hidden != in_channels`, and keeps
whether `forward` adds its input: `self.residual = stride == 1 and in_channels == channels`.

Conditions are those of the text, never guessed from numbers. A layer may be left out only where
the channels behind it are the same without it, for any arguments: else the layers after it would
depend on which are there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from archdsl.backends.torch.construct import Chain
from archdsl.backends.torch.equalities import common
from archdsl.backends.torch.grouping import structure_of
from archdsl.backends.torch.instance import Instance
from archdsl.backends.torch.merged_class import (
    Attribute,
    Layer,
    Merged,
    Outcome,
    conditions_of,
    outcomes_of,
)
from archdsl.backends.torch.outline import Module, Part
from archdsl.backends.torch.resolve import Resolver
from archdsl.ops.formulas import Formula, Parameter
from archdsl.reserved import MODULE_ATTRIBUTES, free_name


class _DifferError(Exception):
    """The structures cannot be one class."""


@dataclass(frozen=True)
class Cluster:
    """Groups of modules, each of one structure, that become one class."""

    groups: list[list[Module]]
    merged: Merged | None = None

    @property
    def modules(self) -> list[Module]:
        return [module for group in self.groups for module in group]


def clusters_of(
    groups: Sequence[list[Module]],
    resolver: Resolver,
    accepts: Callable[[Cluster], bool],
) -> list[Cluster]:
    """Groups of modules of a block, those together that can be one class."""
    clusters: list[Cluster] = []
    for group in groups:
        for number, known in enumerate(clusters):
            made = _merged([*known.groups, group], resolver)
            if made is not None and accepts(made):
                clusters[number] = made
                break
        else:
            clusters.append(Cluster([group]))
    return clusters


def _merged(groups: list[list[Module]], resolver: Resolver) -> Cluster | None:
    """A class for all groups; None where they must be classes of their own."""
    instances = [resolver.instances[module] for group in groups for module in group]
    if not all(_is_simple(instance, resolver) for instance in instances):
        return None
    chains = {instance.module.chain for instance in instances}
    try:
        if chains == {True}:
            rows = [instance.module.parts for instance in instances]
            row = Attribute("", _row(rows, instances), row=True)
            return Cluster(groups, Merged((row,), _result(instances, conditions_of([row]))))
        if chains == {False}:
            return Cluster(groups, _with_forward(groups, instances, resolver))
    except _DifferError:
        pass
    return None


def _is_simple(instance: Instance, resolver: Resolver) -> bool:
    """Whether a module is but layers and functions, with one value in and one out."""
    module = instance.module
    simple = len(module.inputs) == len(module.outputs) == 1 and module.is_block
    rows = module in resolver.rows or resolver.loop(module) is not None
    draws = any(part.form.draws or part.skipped is not None for part in module.parts)
    passes = any(part.passes for part in module.parts)
    return simple and not (module.again or module.gathers or rows or draws or passes)


def _with_forward(
    groups: Sequence[list[Module]], instances: Sequence[Instance], resolver: Resolver
) -> Merged:
    """A class that is not a row: its attributes, and the one condition in its `forward`."""
    if any(instance.module.numbered for instance in instances):
        raise _DifferError
    structures: dict[Any, list[Module]] = {}
    for group in groups:
        structures.setdefault(structure_of(group[0], resolver)[0], []).extend(group)
    parts: dict[str, list[Part | None]] = {}
    for number, instance in enumerate(instances):
        for part in instance.module.parts:
            parts.setdefault(part.name, [None] * len(instances))[number] = part
    attributes = [
        _attribute(name, column, instances)
        for name, column in parts.items()
        if any(part is not None and _has_module(part) for part in column)
    ]
    flags = {f: None for column in parts.values() for f in _asked(column, instances)}
    if len(structures) == 1 and not flags:
        variants, flag = [next(iter(structures.values()))[0]], None
    elif len(structures) == 2 and len(flags) == 1:
        flag = next(iter(flags))
        variants = [_with(flag, value, structures.values(), resolver) for value in (False, True)]
    else:
        raise _DifferError
    known = [*conditions_of(attributes), *flags]
    return Merged(
        tuple(attributes),
        _result(instances, known),
        tuple(variants),
        flag,
        _flag_name(flag, parts) if flag is not None else "",
    )


def _with(
    flag: Formula, value: bool, structures: Iterable[list[Module]], resolver: Resolver
) -> Module:
    """The module whose structure all modules have for which a condition has a value."""
    for modules in structures:
        if {resolver.instances[module].outcome(flag) for module in modules} == {value}:
            return modules[0]
    raise _DifferError


def _flag_name(flag: Formula, parts: dict[str, list[Part | None]]) -> str:
    """The attribute that holds a condition: its parameter, or that it adds the input."""
    name = "residual" if "add1" in parts else "chosen"
    hint = flag.name if isinstance(flag, Parameter) else name
    return free_name(hint, {*parts, *MODULE_ATTRIBUTES})


def _has_module(part: Part) -> bool:
    return part.child is not None or (part.form.module is not None and part.form.function is None)


def _attribute(
    name: str, column: Sequence[Part | None], instances: Sequence[Instance]
) -> Attribute:
    """An attribute as one layer, which a condition may choose, or as a row in all instances."""
    found = [part for part in column if part is not None and _has_module(part)]
    if len(found) < len(column):
        return Attribute(name, (_layer(column, instances),), row=False)
    makes = tuple(i.makes[part] for i, part in zip(instances, found, strict=True))
    if len({make.signature() for make in makes}) == 1:
        return Attribute(name, (Layer(name, makes),), row=False)
    if not all(isinstance(make, Chain) for make in makes):
        raise _DifferError
    rows = [part.child.parts for part in found if part.child is not None]
    return Attribute(name, _row(rows, instances), row=True)


def _row(rows: Sequence[Sequence[Part]], instances: Sequence[Instance]) -> tuple[Layer, ...]:
    """The layers of rows, aligned by their places in the text."""
    if any(len({part.place for part in row}) < len(row) for row in rows):
        raise _DifferError  # iterations of a repeat
    order = sorted({part.place for row in rows for part in row})
    columns = [_column(place, rows) for place in order]
    _check_channels(columns, instances)
    return tuple(_layer(column, instances) for column in columns)


def _column(place: tuple[int, ...], rows: Sequence[Sequence[Part]]) -> list[Part | None]:
    return [next((part for part in row if part.place == place), None) for row in rows]


def _layer(column: Sequence[Part | None], instances: Sequence[Instance]) -> Layer:
    makes = tuple(
        None if part is None else instance.makes[part]
        for instance, part in zip(instances, column, strict=True)
    )
    if len({make.signature() for make in makes if make is not None}) > 1:
        raise _DifferError
    return Layer("", makes, tuple(_asked(column, instances)))


def _asked(column: Sequence[Part | None], instances: Sequence[Instance]) -> list[Formula]:
    """The conditions that choose a layer: it is there just where they have these outcomes."""
    present = next(part for part in column if part is not None)
    instance = instances[column.index(present)]
    asked = list(map(instance.here, present.conditions))
    found = [c for c in asked if {each.outcome(c) for each in instances} != {bool(c.value)}]
    for part, each in zip(column, instances, strict=True):
        if all(each.outcome(c) == bool(c.value) for c in found) != (part is not None):
            raise _DifferError
    return found


def _check_channels(
    columns: Sequence[Sequence[Part | None]], instances: Sequence[Instance]
) -> None:
    """Make sure that the channels behind each layer follow from no layer that may be left out."""
    asked = [(_asked(column, instances), column) for column in columns]
    stretches = [
        (list(conditions), [column for _, column in stretch])
        for conditions, stretch in groupby(asked, lambda each: outcomes_of(each[0]))
    ]
    for number, (conditions, stretch) in enumerate(stretches):
        if not conditions:
            continue
        instance = next(
            i for i, part in zip(instances, stretch[0], strict=True) if part is not None
        )
        first, last = (
            _present(column, instance, instances) for column in (stretch[0], stretch[-1])
        )
        ends = [instance.channels[last.outputs[0]]]
        for other in (number - 1, number + 1):
            if 0 <= other < len(stretches) and _opposite(conditions, stretches[other][0]):
                ends += _ends(stretches[other][1], instances)
                break
        else:
            ends.append(instance.channels[first.inputs[0]])
        turned = [replace(each, value=not value) for each, value in conditions]
        known: list[list[Formula]] = [[], turned]
        if len(conditions) > 1 or common(ends, known) is None:
            raise _DifferError


def _ends(stretch: Sequence[Sequence[Part | None]], instances: Sequence[Instance]) -> list[Formula]:
    """The channels behind a stretch of layers, in an instance that has it."""
    for instance, part in zip(instances, stretch[-1], strict=True):
        if part is not None:
            return [instance.channels[part.outputs[0]]]
    return []


def _present(
    column: Sequence[Part | None], instance: Instance, instances: Sequence[Instance]
) -> Part:
    part = column[list(instances).index(instance)]
    if part is None:
        raise _DifferError
    return part


def _opposite(some: Sequence[Outcome], others: Sequence[Outcome]) -> bool:
    """Whether one condition chooses between two stretches of layers."""
    pairs = zip(some, others, strict=False)
    turned = [a == b and value != other for (a, value), (b, other) in pairs]
    return len(some) == len(others) == 1 and turned == [True]


def _result(instances: Sequence[Instance], conditions: Sequence[Formula]) -> Formula:
    """The channels of the class's value, in terms of its parameters."""
    ends = [instance.channels[instance.module.outputs[0]] for instance in instances]
    known = [list(instance.outcomes(conditions)) for instance in instances]
    found = common(ends, known)
    if found is None:
        raise _DifferError
    return found
