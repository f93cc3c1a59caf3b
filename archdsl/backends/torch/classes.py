"""Modules to classes: one class for each distinct structure, numbers to its constructor."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from archdsl.backends.torch.class_names import (
    cap_words,
    class_name,
    count_of,
    countdowns_of,
    names_of,
    spelling_of,
)
from archdsl.backends.torch.constructor import Constructor
from archdsl.backends.torch.factories import Factory, Test, can_choose, conditions_to, tests_between
from archdsl.backends.torch.generated_class import Class
from archdsl.backends.torch.grouping import groups_of
from archdsl.backends.torch.makers import Layer, makers_of
from archdsl.backends.torch.members import ROW, checks_of, express, prelude_of
from archdsl.backends.torch.merging import Cluster, clusters_of
from archdsl.backends.torch.outline import Module, heights_of
from archdsl.backends.torch.parameters import Solver
from archdsl.backends.torch.refusals import conditions_of
from archdsl.backends.torch.resolve import Resolver
from archdsl.backends.torch.signature import parameters_of
from archdsl.backends.torch.sources import sources_of
from archdsl.ir import Graph
from archdsl.ops.formulas import Formula
from archdsl.reserved import CLASSES


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
    partials: dict[Layer, str] = field(default_factory=dict)  # layers, and what makes them
    countdowns: dict[str, str] = field(default_factory=dict)
    resolver: Resolver = field(init=False)

    def __post_init__(self) -> None:
        self.resolver = Resolver(self.graph, self.traces, self.of, self.factories)

    def add_all(self, root: Module) -> None:
        """Group the modules of a tree, from those that hold no others upwards."""
        modules = list(root.walk())
        self.resolver.makers = makers_of(modules, self._maker) if self.traces else {}
        heights = heights_of(modules)
        self.countdowns = countdowns_of(modules)
        empty: dict[str | Module, list[Module]] = {}
        for module in modules:
            if module.is_block and module.empty:
                empty.setdefault(module.scope.title, []).append(module)
        levels: dict[int, list[Module]] = {}
        for module in modules:
            if self._needs_class(module, root):
                levels.setdefault(heights[module], []).append(module)
        for _, level in sorted(levels.items()):
            for module in sorted(level, key=lambda module: -len(module.parts)):
                self.resolver.resolve(module)  # long rows of layers first: they have loops
            titles: dict[str | Module, list[list[Module]]] = {}
            for group in groups_of(level, self.resolver):
                first = group[0]
                title = first.scope.title if first.is_block else first
                titles.setdefault(title, []).append(group)
            for title, groups in titles.items():
                self._add_block(groups, empty.get(title, []), root)

    def _add_block(self, alike: list[list[Module]], empty: list[Module], root: Module) -> None:
        """Add the classes of a block, and a function where its arguments choose between them."""
        clusters = self._clusters(alike)
        groups = [cluster.modules for cluster in clusters]
        several = self.traces and len(groups) + bool(empty) > 1
        if not several or not groups[0][0].is_block:
            for cluster, name in zip(clusters, self._names(clusters, root), strict=True):
                self._add(cluster, root, name)
            return
        for module in empty:
            self.resolver.resolve(module)
        instances = self.resolver.instances
        parts = [*groups, *([empty] if empty else [])]
        test = tests_between([[instances[module] for module in part] for part in parts])
        names = self._names(clusters, root)
        modules = [module for part in parts for module in part]
        for leaf, (cluster, name) in enumerate(zip(clusters, names, strict=True)):
            self._add(cluster, root, name, modules, conditions_to(test, leaf) or ())
        leaves = [self.of.get(part[0]) for part in parts]
        if isinstance(test, Test) and can_choose(leaves, test):
            scope = groups[0][0].scope
            made = Factory(self._free(scope.title), scope.title, scope.doc, leaves, test)
            for part in parts:
                made.results.append([channels for channels, _ in self.resolver.results(part[0])])
            made.solve([instances[module] for module in modules], self.names)
            self.factories |= dict.fromkeys(modules, made)

    def _clusters(self, groups: list[list[Module]]) -> list[Cluster]:
        """Modules that become one class: those of one structure, or of several that it merges."""
        if not self.traces:
            return [Cluster([group]) for group in groups]
        return clusters_of(groups, self.resolver, self._is_complete)

    def _is_complete(self, cluster: Cluster) -> bool:
        """Whether the author's parameters are all that the constructor of a cluster needs."""
        made = Class("", cluster.modules, sequential=False, numbered=False, merged=cluster.merged)
        return not self._expressed(made, (), ()).extras

    def _names(self, clusters: list[Cluster], root: Module) -> list[str]:
        """The names of a block's classes, or that of the network.

        The network's class is named after its family, as its file spells it.
        """
        first = clusters[0].modules[0]
        if not self.traces:
            return [class_name(first)] * len(clusters)
        if first is root:
            family = self.graph.family
            return [cap_words(family.text, spelling_of(family.source.text))]
        decisions = {m: self.resolver.instances[m].decisions for c in clusters for m in c.modules}
        groups = [cluster.groups for cluster in clusters]
        return names_of(groups, decisions, self.countdowns.get(first.scope.title))

    def _needs_class(self, module: Module, root: Module) -> bool:
        return module is root or (not module.empty and (module.is_block or not module.chain))

    def _add(
        self,
        cluster: Cluster,
        root: Module,
        name: str,
        peers: Sequence[Module] = (),
        chosen: Collection[Formula] = (),
    ) -> None:
        """Add the class of a cluster; a function chooses between all `peers` of the block."""
        instances = cluster.modules
        first = instances[0]
        chained = first.chain and first.is_block and first is not root
        numbered = first.numbered and first is not root
        made = Class(self._free(name), instances, chained, numbered, merged=cluster.merged)
        if self.traces:
            constructor = self._expressed(made, peers, chosen)
            solved = parameters_of(constructor)
            made.prelude, made.checks = prelude_of(constructor), checks_of(made.name, constructor)
            made.guarded = any(formula not in chosen for formula in conditions_of(constructor))
            symbols = constructor.symbols()
            made.symbols = tuple(symbols.get(parameter.name) for parameter, _ in solved)
        else:
            solver = Solver(sources_of(instances))
            express(made, solver, self.resolver)
            solved = solver.parameters()
        made.parameters = [parameter for parameter, _ in solved]
        for number, module in enumerate(instances):
            made.values[module] = [column[number] for _, column in solved]
            self.of[module] = made
        countdown = self.countdowns.get(first.scope.title)
        count = count_of(instances, countdown)
        made.case = "" if count is None else f"{countdown} == {count}"
        self.found.append(made)

    def _expressed(
        self, made: Class, peers: Sequence[Module], chosen: Collection[Formula]
    ) -> Constructor:
        """Write what the constructor of a class sets."""
        own, all_of = ([self.resolver.instances[m] for m in g] for g in (made.instances, peers))
        conditions = [] if made.merged is None else made.merged.conditions
        taken = {*self.names, *([ROW] if conditions else [])}
        constructor = Constructor(own, all_of, chosen, taken, conditions)
        express(made, constructor, self.resolver)
        constructor.settle()
        express(made, constructor, self.resolver)
        return constructor

    def _maker(self, layer: Layer) -> str:
        """The name of a callable that makes a layer: one with arguments is defined in the file."""
        if "(" not in layer.maker:
            return layer.maker
        if layer not in self.partials:
            self.partials[layer] = self._free(layer.word)
        return self.partials[layer]

    def _free(self, base: str) -> str:
        """A name for a class or function that no other has."""
        name, number = base, 2
        while name in self.names or name in CLASSES:
            name = f"{base}{number}"
            number += 1
        self.names.add(name)
        return name
