"""Modules to classes: one class for each distinct structure, numbers to its constructor."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from archdsl.backends.torch.construct import Chain, Construct, Make, Run, construct
from archdsl.backends.torch.constructor import Constructor
from archdsl.backends.torch.expressions import Symbol
from archdsl.backends.torch.factories import Factory, Test, can_choose, conditions_to, tests_between
from archdsl.backends.torch.layout import Atom, CallOf, Choice, Expr, laid_out
from archdsl.backends.torch.outline import (
    Module,
    Part,
    cap_words,
    class_name,
    heights_of,
    spelling_of,
)
from archdsl.backends.torch.parameters import (
    MISSING,
    Parameter,
    Solver,
    Source,
    plain_argument,
)
from archdsl.backends.torch.resolve import Instance, Result, Shapes, scopes_of
from archdsl.ir import Graph
from archdsl.ops.formulas import Formula, is_traced
from archdsl.ops.torch_form import Arg
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
    """A class of the generated file; `members` are its attributes, `instances` who uses it.

    `prelude` are the lines before its attributes: local variables. `checks` refuse arguments for
    which the class is not what its block is; `guarded` is whether they do more than the function
    that chooses the class. `symbols` are those of its parameters.
    """

    name: str
    instances: list[Module]
    sequential: bool  # run by `nn.Sequential`; `numbered`: only made by it
    numbered: bool
    parameters: list[Parameter] = field(default_factory=list)
    members: dict[int, Expr] = field(default_factory=dict)
    values: dict[Module, list[Any]] = field(default_factory=dict)
    loop: Loop | None = None
    prelude: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    guarded: bool = False
    symbols: tuple[Symbol | None, ...] = ()

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
        """The author's comment, without sentences on parameters that were left out."""
        scope = self.instances[0].scope
        names = {parameter.name for parameter in self.parameters}
        gone = {f"`{name}`" for name in scope.arguments if name not in names}
        sentences = re.split(r"(?<=[.!?])\s+(?=[A-Z`\d])", scope.doc)
        return " ".join(text for text in sentences if not any(name in text for name in gone))


@dataclass
class Classes:
    """All classes of a network, those that others use first.

    `traces` is whether numbers have the author's expressions: those of engines have not.
    """

    graph: Graph
    traces: bool = True
    found: list[Class] = field(default_factory=list)
    of: dict[Module, Class] = field(default_factory=dict)
    factories: dict[Module, Factory] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    loops: dict[Module, Loop | None] = field(default_factory=dict)
    instances: dict[Module, Instance] = field(default_factory=dict)

    # -------------------------------------------------------------- grouping

    def add_all(self, root: Module) -> None:
        """Groups the modules of a tree, from those that hold no others upwards."""
        modules = list(root.walk())
        heights = heights_of(modules)
        empty: dict[str | Module, list[Module]] = {}
        for module in modules:
            if module.is_block and module.empty:
                empty.setdefault(module.scope.title, []).append(module)
        levels: dict[int, list[Module]] = {}
        for module in modules:
            if self._needs_class(module, root):
                levels.setdefault(heights[module], []).append(module)
        for _, level in sorted(levels.items()):
            for module in level:
                self._resolve(module)
            titles: dict[str | Module, list[list[Module]]] = {}
            for group in self._groups(level):
                first = group[0]
                title = first.scope.title if first.is_block else first
                titles.setdefault(title, []).append(group)
            for title, groups in titles.items():
                self._add_block(groups, empty.get(title, []), root)

    def _add_block(self, groups: list[list[Module]], empty: list[Module], root: Module) -> None:
        """Add the classes of a block, and a function where its arguments choose between them."""
        several = self.traces and len(groups) + bool(empty) > 1
        if not several or not groups[0][0].is_block:
            for group in groups:
                self._add(group, root, self._class_name(group[0], root))
            return
        for module in empty:
            self._resolve(module)
        parts = [*groups, *([empty] if empty else [])]
        test = tests_between([[self.instances[module] for module in part] for part in parts])
        plain_names = [self._class_name(group[0], root) for group in groups]
        names = _names_of(groups) if isinstance(test, Test) else plain_names
        modules = [module for part in parts for module in part]
        for leaf, (group, name) in enumerate(zip(groups, names, strict=True)):
            self._add(group, root, name, modules, conditions_to(test, leaf) or ())
        leaves = [self.of.get(part[0]) for part in parts]
        if isinstance(test, Test) and can_choose(leaves, test):
            scope = groups[0][0].scope
            made = Factory(self._free(scope.title), scope.title, scope.doc, leaves, test)
            for part in parts:
                first = self.instances[part[0]]
                made.results.append([first.channels[n] for n in first.module.outputs])
            made.solve([self.instances[module] for module in modules], self.names)
            self.factories |= dict.fromkeys(modules, made)

    def _class_name(self, module: Module, root: Module) -> str:
        """The network's class is named after its family, as its file spells it."""
        if module is root and self.traces:
            family = self.graph.family
            return cap_words(family.text, spelling_of(family.source.text))
        return class_name(module)

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
                made = self.instances[module].makes[part]
                absent = part.child.empty and part.child not in self.factories
                children.append(None if absent else made.signature())
        returns = tuple(local[number] for number in module.outputs)
        kept = tuple(module.again.items()), module.gathers
        return (title, module.chain and module.is_block, kept, tuple(shape), returns), children

    def _loop(self, module: Module) -> Loop | None:
        """The loop that a dense block is, where its layers are equal or grow steadily."""
        if module in self.loops:
            return self.loops[module]
        loop = self.loops[module] = self._found_loop(module)
        return loop

    def _found_loop(self, module: Module) -> Loop | None:
        layers = module.links
        names = [re.fullmatch(r"(.*?)(\d+)", layer.name) for layer in layers]
        found = [(name[1], int(name[2])) for name in names if name]
        if len(layers) < 2 or len(found) != len(layers):
            return None
        prefix, first = found[0]
        instance = self.instances[module]
        row = instance.chained(module, layers)
        if len(row.runs) > 1 or found != [(prefix, first + i) for i in range(len(layers))]:
            return None
        instance.cover(module, row, layers, [merge.outputs[0] for merge in module.parts[1::2]])
        return Loop(prefix, first, row.runs[0])

    def _op_key(self, part: Part) -> Any:
        if part.node is None:
            return "child"
        if part.form.module is not None:
            return construct(part.form.module).signature()
        return part.form.function

    # -------------------------------------------------------------- making parts

    def _resolve(self, module: Module) -> None:
        """Find how the parts of an instance are made."""
        shapes = Shapes(self.graph.nodes)
        instance = self.instances[module] = Instance(module, shapes, self.traces)
        self._resolve_parts(instance, module)
        self._loop(module)
        for scope in scopes_of(module, self.of):
            instance.decide(scope)

    def _resolve_parts(self, instance: Instance, module: Module) -> None:
        for part in module.parts:
            child = part.child
            if child is None:
                instance.add(part)
            elif child in self.factories or child in self.of:
                inner = self.instances[child]
                instance.add_child(part, inner, self._call(child), self._results(inner))
            else:
                if child.empty and child.is_block:
                    self._resolve(child)
                    instance.hoist(self.instances[child])
                self._resolve_parts(instance, child)
                instance.add_chain(part)

    def _results(self, instance: Instance) -> list[Result]:
        """The channels of the values that a module makes."""
        factory = self.factories.get(instance.module)
        outputs = instance.module.outputs
        if factory is not None:
            return [factory.result(instance, place) for place in range(len(outputs))]
        return [(instance.channels[number], []) for number in outputs]

    def _call(self, module: Module) -> Construct:
        """The call that makes an instance, in the formulas of the graph."""
        made = self.factories.get(module) or self.of[module]
        args = tuple(
            Arg(
                p.name,
                value,
                None if p.default is MISSING else p.default,
                keyword=p.default is not MISSING,
            )
            for p, value in zip(made.parameters, made.values[module], strict=True)
        )
        return Construct(made, made.name, args)

    def _add(
        self,
        instances: list[Module],
        root: Module,
        name: str,
        peers: Sequence[Module] = (),
        chosen: Collection[Formula] = (),
    ) -> None:
        """Add the class of instances; a function chooses between all `peers` of the block."""
        first = instances[0]
        chained = first.chain and first.is_block and first is not root
        numbered = first.numbered and first is not root
        made = Class(self._free(name), instances, chained, numbered)
        if self.traces:
            own, all_of = ([self.instances[m] for m in each] for each in (instances, peers))
            constructor = Constructor(own, all_of, chosen, taken=self.names)
            self._express(made, constructor)
            constructor.settle()
            self._express(made, constructor)
            solved = constructor.parameters()
            made.prelude, made.checks = _prelude(constructor), _checks(made.name, constructor)
            made.guarded = any(formula not in chosen for formula in constructor.conditions())
            known = constructor.symbols()
            made.symbols = tuple(known.get(parameter.name) for parameter, _ in solved)
        else:
            solver = Solver(_sources(instances))
            self._express(made, solver)
            solved = solver.parameters()
        made.parameters = [parameter for parameter, _ in solved]
        for number, module in enumerate(instances):
            made.values[module] = [column[number] for _, column in solved]
            self.of[module] = made
        self.found.append(made)

    def _express(self, made: Class, solver: Solver | Constructor) -> None:
        """Write what the constructor sets."""
        made.loop = self._solved_loop(made.instances, solver)
        for position, part in enumerate([] if made.loop else made.pattern.parts):
            expression = self._member(made, position, part, solver)
            if expression is not None:
                made.members[position] = expression

    def _solved_loop(self, instances: list[Module], solver: Solver | Constructor) -> Loop | None:
        loops = [self._loop(module) for module in instances]
        first = loops[0]
        if first is None:
            return None
        runs = [loop.run for loop in loops if loop is not None]
        count, item = first.run.loop(_solved(runs, solver, ""), "i")
        return replace(first, count=count, item=item)

    def _member(
        self, made: Class, position: int, pattern: Part, solver: Solver | Constructor
    ) -> Expr | None:
        """What an attribute is set to; None for a part that needs no module."""
        rows = [(self.instances[module], module.parts[position]) for module in made.instances]
        column = [part for _, part in rows]
        if all(part.passes and part.child not in self.factories for part in column):
            return Atom("nn.Identity()") if pattern.name.isdigit() or pattern.labelled else None
        if pattern.node is not None and not _keeps_module(pattern, rows):
            return None
        makes = [None if self._is_absent(part) else instance.makes[part] for instance, part in rows]
        present = next(make for make in makes if make is not None)
        expression = present.express(_solved(makes, solver, _owner(pattern, present)))
        if None not in makes:
            return expression
        flags = [make is not None for make in makes]
        condition = solver.fresh(
            pattern.name if not pattern.name.isdigit() else "full", flags, default=False
        )
        return Choice(expression, condition, "nn.Identity()")

    def _is_absent(self, part: Part) -> bool:
        """Whether a part is a block that turned out empty, which no function makes."""
        return part.child is not None and part.child.empty and part.child not in self.factories

    def _free(self, base: str) -> str:
        """A name for a class or function that no other has."""
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


def _keeps_module(pattern: Part, column: list[tuple[Instance, Part]]) -> bool:
    """Whether an op is an attribute: it has weights, a label or number, or numbers that differ."""
    if pattern.form.module is None:
        return False
    if pattern.form.function is None or pattern.labelled or pattern.name.isdigit():
        return True
    forms = [instance.forms[part].function for instance, part in column]
    varies = any(is_traced(arg.value) for form in forms if form for arg in form.args)
    return varies or any(form != pattern.form.function for form in forms)


def _names_of(groups: list[list[Module]]) -> list[str]:
    """The names of a block's classes: what is true of one alone, and the block's own name.

    The commonest has the block's name alone.
    """
    base = class_name(groups[0][0])
    commonest = max(groups, key=len)
    flags = [_flags(group[0]) for group in groups]
    shared = set.intersection(*map(set, flags))
    return [
        base if group is commonest else "".join(f for f in own if f not in shared) + base
        for group, own in zip(groups, flags, strict=True)
    ]


def _flags(module: Module) -> list[str]:
    """What distinguishes an instance in words: arguments that are true, labels of its parts."""
    true = [name for name, value in module.scope.arguments.items() if value is True]
    labels = [part.name for part in module.parts if part.labelled and not part.passes]
    return ["".join(word.capitalize() for word in name.split("_")) for name in [*true, *labels]]


def _prelude(constructor: Constructor) -> tuple[str, ...]:
    """The author's local variables, and defaults that follow from other arguments."""
    lines: list[str] = []
    for name, text in constructor.defaults():
        lines += [f"        if {name} is None:", *laid_out(f"{name} = ", Atom(text), level=3)]
    for name, text in constructor.writer.lets.items():
        lines += laid_out(f"{name} = ", Atom(text))
    return tuple(lines)


def _checks(name: str, constructor: Constructor) -> tuple[str, ...]:
    """Statements that refuse arguments for which the class is not what its block is."""
    lines: list[str] = []
    for wrong, message in constructor.checks(name):
        raising = CallOf("raise ValueError", (Atom(f'"{message}"'),))
        lines += [*laid_out("if ", Atom(wrong), ":"), *laid_out("", raising, level=3)]
    return tuple(lines)


def _solved(
    makes: Sequence[Make | Run | None], solver: Solver | Constructor, owner: str
) -> Iterator[str]:
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
        column = [plain_argument(scope.arguments.get(name)) for scope in scopes]
        if None not in column:
            default = plain_argument(scopes[0].defaults.get(name))
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
