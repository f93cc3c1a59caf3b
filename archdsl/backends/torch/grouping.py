"""Modules of one structure, which become one class."""

from __future__ import annotations

from typing import Any

from archdsl.backends.torch.class_names import class_name
from archdsl.backends.torch.construct import Called, Make, construct
from archdsl.backends.torch.outline import Module, Part
from archdsl.backends.torch.resolve import Resolver


def groups_of(modules: list[Module], resolver: Resolver) -> list[list[Module]]:
    """Modules of one structure together; an empty child fits any other in its place."""
    groups: list[tuple[Any, list[Any], list[Module]]] = []
    for module in modules:
        fixed, children = structure_of(module, resolver)
        for known, slots, members in groups:
            fits = all(
                a is None or b is None or a == b for a, b in zip(slots, children, strict=False)
            )
            if known == fixed and fits:
                slots[:] = [a or b for a, b in zip(slots, children, strict=True)]
                members.append(module)
                break
        else:
            groups.append((fixed, children, [module]))
    return [members for _, _, members in groups]


def structure_of(module: Module, resolver: Resolver) -> tuple[Any, list[Any]]:
    """The facts that instances of a class share, and the makers of its children (None: empty)."""
    title = module.scope.title if module.is_block else class_name(module)
    loop = resolver.loop(module)
    if loop is not None:
        return (title, loop.prefix, loop.first, loop.run.signature()), []
    row = resolver.rows.get(module)
    if row is not None:
        return (title, "row", row.signature()), []
    local = {number: i for i, number in enumerate(module.inputs)}
    shape: list[Any] = []
    children: list[Any] = []
    for part in module.parts:
        for number in part.outputs:
            local[number] = len(local)
        reads = tuple(local[number] for number in part.inputs)
        writes = tuple(local[number] for number in part.outputs)
        made = resolver.instances[module].makes.get(part)
        chosen = part.place if part.conditions and module.is_block else ()
        shape.append((part.name, part.labelled, reads, writes, _op_key(part, made), chosen))
        if part.child is not None:
            assert made is not None
            absent = resolver.is_absent(part)
            children.append(None if absent else (made.signature(), _chosen(part.child, resolver)))
    returns = tuple(local[number] for number in module.outputs)
    kept = tuple(module.again.items()), module.gathers
    return (title, module.chain and module.is_block, kept, tuple(shape), returns), children


def _chosen(row: Module, resolver: Resolver) -> tuple[tuple[int, ...], ...]:
    """The places of layers in a row that are there by conditions: others may be in theirs."""
    own = () if row in resolver.instances else row.parts
    return tuple(part.place for part in own if part.conditions)


def _op_key(part: Part, made: Make | None) -> Any:
    if part.node is None:
        return "child"
    if isinstance(made, Called):
        return made.signature()
    if part.form.module is not None:
        return construct(part.form.module).signature()
    return part.form.function
