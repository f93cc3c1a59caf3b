"""The way in which parts of modules are made: layers, calls of classes and functions, loops."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from archdsl.backends.torch.construct import Chain, Construct
from archdsl.backends.torch.factories import Factory
from archdsl.backends.torch.generated_class import Class, Loop
from archdsl.backends.torch.instance import Instance, Result, Shapes
from archdsl.backends.torch.outline import Module, Part
from archdsl.backends.torch.parameters import MISSING
from archdsl.backends.torch.scopes import scopes_of
from archdsl.ir import Graph
from archdsl.ops.torch_form import Arg


@dataclass
class Resolver:
    """Resolves modules, from those that hold no others upwards.

    `of` and `factories` have the classes and functions that are made so far, `makers` the
    arguments that make layers, `rows` the layers of blocks that are rows of layers with loops.
    """

    graph: Graph
    traces: bool  # whether numbers have formulas
    of: Mapping[Module, Class]
    factories: Mapping[Module, Factory]
    makers: Mapping[Module, Mapping[str, str]] = field(default_factory=dict)
    instances: dict[Module, Instance] = field(default_factory=dict)
    loops: dict[Module, Loop | None] = field(default_factory=dict)
    rows: dict[Module, Chain] = field(default_factory=dict)

    def resolve(self, module: Module) -> None:
        """Find how the parts of an instance are made."""
        shapes = Shapes(self.graph.nodes)
        instance = Instance(module, shapes, self.traces, makers=self.makers.get(module, {}))
        self.instances[module] = instance
        self._resolve_parts(instance, module)
        self.loop(module)
        if self.traces and module.is_block and module.chain and module.scope.parent is not None:
            self._resolve_row(instance)
        for scope in scopes_of(module, self.of):
            instance.decide(scope)

    def _resolve_parts(self, instance: Instance, module: Module) -> None:
        for part in module.parts:
            child = part.child
            if child is None:
                instance.add(part)
            elif child in self.factories or child in self.of:
                inner = self.instances[child]
                instance.add_child(part, inner, self._call(child), self.results(child))
            else:
                if child.empty and child.is_block:
                    self.resolve(child)
                    instance.hoist(self.instances[child])
                self._resolve_parts(instance, child)
                instance.add_chain(part)

    def _resolve_row(self, instance: Instance) -> None:
        """Find the repeats that a block which is a row of layers runs as loops."""
        module = instance.module
        row = instance.chained(module, module.parts)
        if all(run.repeat is None for run in row.runs):
            row = instance.chained(module, module.parts, single=True)
            if row.signature() not in self._signatures_of_rows(module.scope.title):
                return
        if any(any(run.steps) for run in row.runs[:-1]):
            return  # the layers behind a growing loop are resolved for this number of iterations
        self.rows[module] = row
        instance.cover(module, row, module.parts, [part.outputs[0] for part in module.parts])

    def _signatures_of_rows(self, title: str) -> list[Any]:
        return [row.signature() for m, row in self.rows.items() if m.scope.title == title]

    def results(self, module: Module) -> list[Result]:
        """The channels of the values that a module makes."""
        instance = self.instances[module]
        factory = self.factories.get(module)
        outputs = module.outputs
        if factory is not None:
            return [factory.result(instance, place) for place in range(len(outputs))]
        made = self.of.get(module)
        if made is not None and made.merged is not None:
            return [(made.merged.result_of(instance), [])]
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

    def loop(self, module: Module) -> Loop | None:
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

    def is_absent(self, part: Part) -> bool:
        """Whether a part is a block that turned out empty, which no function makes."""
        return part.child is not None and part.child.empty and part.child not in self.factories
