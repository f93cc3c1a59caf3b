"""Modules to classes: one class for each distinct structure, numbers to its constructor."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from archdsl.backends.torch.construct import Chain, Construct, Make, Run, chain, construct
from archdsl.backends.torch.layout import Atom, Choice, Expr
from archdsl.backends.torch.outline import Module, Part, class_name, heights_of
from archdsl.backends.torch.parameters import (
    MISSING,
    Parameter,
    Solver,
    Source,
    plain,
)
from archdsl.ops.torch_form import Arg, Call
from archdsl.reserved import CLASSES, allowed, free_name


@dataclass(frozen=True)
class Loop:
    """Children that one loop makes and another runs: `prefix1`, `prefix2` … from `first` on."""

    prefix: str
    first: int
    run: Run
    count: str = ""
    item: Expr | None = None


@dataclass(eq=False)
class Class:
    """A class of the generated file; `members` are its attributes, `instances` who uses it."""

    name: str
    instances: list[Module]
    sequential: bool  # run by `nn.Sequential`; `numbered`: only made by it
    numbered: bool
    parameters: list[Parameter] = field(default_factory=list)
    members: dict[int, Expr] = field(default_factory=dict)
    values: dict[Module, list[Any]] = field(default_factory=dict)
    loop: Loop | None = None

    @cached_property
    def pattern(self) -> Module:
        """An instance that has every optional part, as far as one does."""
        return max(self.instances, key=lambda m: sum(not part.passes for part in m.parts))

    @property
    def dense(self) -> bool:
        """Whether its `forward` is a loop over layers that read all before them."""
        return self.loop is not None or (self.numbered and bool(self.pattern.links))

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The attributes that the constructor sets, in order, each with its place."""
        names = (self.pattern.parts[position].name for position in self.members)
        return {name: place for place, name in enumerate(names)}

    @property
    def labels(self) -> list[str]:
        return [name for name in self.places if not name.isdigit()]

    @property
    def counts(self) -> bool:
        """Whether `nn.Sequential` itself gives its layers their numbers: 0, 1, 2 …, then labels."""
        numbers = map(str, range(len(self.places) - len(self.labels)))
        return self.numbered and [*self.places] == [*numbers, *self.labels]

    def step(self, part: Part) -> str:
        """The way from the class to a layer: `.conv1`, or `[2]`, its place in `nn.Sequential`."""
        return step_to(part, self.places)

    @property
    def doc(self) -> str:
        scope = self.instances[0].scope
        return scope.doc


@dataclass
class Classes:
    """All classes of a network, those that others use first."""

    found: list[Class] = field(default_factory=list)
    of: dict[Module, Class] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)

    # -------------------------------------------------------------- grouping

    def add_all(self, root: Module) -> None:
        """Groups the modules of a tree, from those that hold no others upwards."""
        modules = list(root.walk())
        heights = heights_of(modules)
        for height in sorted(set(heights.values())):
            level = [m for m in modules if heights[m] == height and self._needs_class(m, root)]
            for group in self._groups(level):
                self._add(group, root)

    def _needs_class(self, module: Module, root: Module) -> bool:
        return module is root or (not module.empty and (module.is_block or not module.chain))

    def _groups(self, modules: list[Module]) -> list[list[Module]]:
        """Modules of one structure together; an empty child fits any other in its place."""
        groups: list[tuple[Any, list[Any], list[Module]]] = []
        for module in modules:
            fixed, children = self._structure(module)
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

    def _structure(self, module: Module) -> tuple[Any, list[Any]]:
        """What all instances of a class share, and the makers of its children (None: empty)."""
        title = module.scope.title if module.is_block else class_name(module)
        loop = self._loop(module)
        if loop is not None:
            return (title, loop.prefix, loop.first, loop.run.signature()), []
        local = {number: i for i, number in enumerate(module.inputs)}
        shape: list[Any] = []
        children: list[Any] = []
        for part in module.parts:
            for number in part.outputs:
                local[number] = len(local)
            reads = tuple(local[number] for number in part.inputs)
            writes = tuple(local[number] for number in part.outputs)
            shape.append((part.name, part.labelled, reads, writes, self._op_key(part)))
            if part.child is not None:
                children.append(None if part.child.empty else self.make(part).signature())
        returns = tuple(local[number] for number in module.outputs)
        kept = tuple(module.again.items()), module.gathers
        return (title, module.chain and module.is_block, kept, tuple(shape), returns), children

    def _loop(self, module: Module) -> Loop | None:
        """The loop that a dense block is, where its layers are equal or grow steadily."""
        layers = module.links
        names = [re.fullmatch(r"(.*?)(\d+)", layer.name) for layer in layers]
        found = [(name[1], int(name[2])) for name in names if name]
        if len(layers) < 2 or len(found) != len(layers):
            return None
        prefix, first = found[0]
        runs = chain([self.make(layer) for layer in layers]).runs
        if len(runs) > 1 or found != [(prefix, first + i) for i in range(len(layers))]:
            return None
        return Loop(prefix, first, runs[0])

    def _op_key(self, part: Part) -> Any:
        if part.node is None:
            return "child"
        if part.form.module is not None:
            return construct(part.form.module).signature()
        return part.form.function

    # -------------------------------------------------------------- making parts

    def make(self, part: Part) -> Make:
        """How a part is constructed, with the numbers of this instance."""
        if part.child is None:
            if part.form.module is None:
                raise LookupError(part.name)
            return construct(part.form.module)
        if part.child in self.of:
            made = self.of[part.child]
            args = tuple(
                Arg(
                    p.name,
                    value,
                    None if p.default is MISSING else p.default,
                    keyword=p.default is not MISSING,
                )
                for p, value in zip(made.parameters, made.values[part.child], strict=True)
            )
            return Construct(made, made.name, args)
        if part.child.empty:
            return construct(Call("nn.Identity"))
        return chain([self.make(inner) for inner in part.child.parts])

    def _add(self, instances: list[Module], root: Module) -> None:
        first = instances[0]
        chained = first.chain and first.is_block and first is not root
        made = Class(self._name(first), instances, chained, first.numbered and first is not root)
        solver = Solver(_sources(instances))
        made.loop = self._solved_loop(instances, solver)
        for position, part in enumerate([] if made.loop else made.pattern.parts):
            column = [module.parts[position] for module in instances]
            expression = self._member(part, column, solver)
            if expression is not None:
                made.members[position] = expression
        solved = solver.parameters()
        made.parameters = [parameter for parameter, _ in solved]
        for number, module in enumerate(instances):
            made.values[module] = [column[number] for _, column in solved]
            self.of[module] = made
        self.found.append(made)

    def _solved_loop(self, instances: list[Module], solver: Solver) -> Loop | None:
        loops = [self._loop(module) for module in instances]
        first = loops[0]
        if first is None:
            return None
        runs = [loop.run for loop in loops if loop is not None]
        count, item = first.run.loop(_solved(runs, solver, ""), "i")
        return replace(first, count=count, item=item)

    def _member(self, pattern: Part, column: list[Part], solver: Solver) -> Expr | None:
        """What an attribute is set to; None for a part that needs no module."""
        if all(part.passes for part in column):
            return Atom("nn.Identity()") if pattern.name.isdigit() or pattern.labelled else None
        if pattern.node is not None and not _keeps_module(pattern, column):
            return None
        makes = [None if part.child and part.child.empty else self.make(part) for part in column]
        present = next(make for make in makes if make is not None)
        made = present.express(_solved(makes, solver, _owner(pattern, present)))
        if None not in makes:
            return made
        flags = [make is not None for make in makes]
        condition = solver.fresh(
            pattern.name if not pattern.name.isdigit() else "full", flags, default=False
        )
        return Choice(made, condition, "nn.Identity()")

    def _name(self, module: Module) -> str:
        base = class_name(module)
        name, number = base, 2
        while name in self.names or name in CLASSES:
            name = f"{base}{number}"
            number += 1
        self.names.add(name)
        return name


def step_to(part: Part, places: Mapping[str, int]) -> str:
    """`.conv1`, or `[2]`; a number that has no place of its own is its place."""
    name = part.name
    return f"[{places.get(name, int(name))}]" if name.isdigit() else f".{name}"


def _keeps_module(pattern: Part, column: list[Part]) -> bool:
    """Whether an op is an attribute: it has weights, a label or number, or numbers that differ."""
    if pattern.form.module is None:
        return False
    if pattern.form.function is None or pattern.labelled or pattern.name.isdigit():
        return True
    return any(part.form.function != pattern.form.function for part in column)


def _solved(makes: Sequence[Make | Run | None], solver: Solver, owner: str) -> Iterator[str]:
    """What to write for each number of a constructor; None: this instance has no such part."""
    rows = [None if make is None else make.values() for make in makes]
    present = next(row for row in rows if row is not None)
    for slot, (name, _) in enumerate(present):
        column = [MISSING if row is None else row[slot][1] for row in rows]
        flows = name == "in_channels"
        yield solver.expression(f"{owner}_{name}" if owner else name, column, flows)


def _owner(part: Part, make: Make) -> str:
    """What a fresh parameter's name begins with: the layer whose number it is."""
    if isinstance(make, Chain) or not isinstance(make.target, str):
        return ""
    return "layer" if part.name.isdigit() else part.name


def _sources(instances: list[Module]) -> list[Source]:
    """The numbers that an author has names for: channels that flow in, arguments of the block."""
    if len(instances) == 1:
        return []
    found: list[Source] = []
    scopes = [module.scope for module in instances]
    for name in scopes[0].arguments:
        column = [plain(scope.arguments.get(name)) for scope in scopes]
        if None not in column:
            default = plain(scopes[0].defaults.get(name))
            found.append(Source(allowed(name), column, MISSING if default is None else default))
    channels = [_channels(module) for module in instances]
    if None not in channels:
        name = free_name("in_channels", {source.name for source in found})
        found.insert(0, Source(name, channels, flows=True))
    return [source for source in found if len({repr(value) for value in source.column}) > 1]


def _channels(module: Module) -> int | None:
    for part in module.parts:
        if part.node is not None and module.inputs and part.inputs[:1] == module.inputs[:1]:
            return part.in_channels
        if part.child is not None and module.inputs and part.inputs[:1] == module.inputs[:1]:
            inner = _channels(part.child)
            if inner is not None:
                return inner
    return None
