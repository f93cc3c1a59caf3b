"""Classes and functions of blocks, built with other arguments than their network gives them."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from archdsl.elaboration.environment import BlockValue, NetworkValue
from archdsl.ir import Graph, Node
from archdsl.syntax import ast
from tests.arguments.agreement import Disagreement, same_outputs, same_settings, same_weights
from tests.arguments.alone import alone
from tests.arguments.calls import Call, draw, strange
from tests.arguments.makers import Instance, blocks_of, load, source_of
from tests.arguments.probes import Probe, boundary, definitions, relative, structure
from tests.arguments.proof import Fault, Proof


def prove_blocks(
    network: NetworkValue, graph: Graph, text: str, proof: Proof, trials: int, seed: int
) -> None:
    """Build every class and function of a generated file's blocks with other arguments.

    Classes whose text was proven in another network are left out.
    """
    known = definitions(network)
    grouped: dict[str, list[Instance]] = {}
    for instance in blocks_of(graph, load(text)):
        grouped.setdefault(instance.name, []).append(instance)
    closures = _closures({name: of[0] for name, of in grouped.items()}, text)
    for name, instances in grouped.items():
        key = (instances[0].scope.title, closures[name])
        if key in proof.seen:
            continue
        proof.seen.add(key)
        rng = random.Random(f"{seed} {graph.name} {name}")
        _Maker(graph, instances, known, proof, rng).prove(trials)


def _closures(makers: Mapping[str, Instance], text: str) -> dict[str, str]:
    """The text of each class with that of all that it names."""
    own = {name: source_of(instance.maker, text) for name, instance in makers.items()}
    found = {}
    for name in own:
        names, left = [], [name]
        while left:
            now = left.pop()
            if now not in names:
                names.append(now)
                left += [word for word in re.findall(r"\w+", own[now]) if word in own]
        found[name] = "\n".join(own[each] for each in sorted(names))
    return found


@dataclass
class _Maker:
    """One class or function with its instances in the network."""

    graph: Graph
    instances: Sequence[Instance]
    known: Mapping[str, list[BlockValue]]
    proof: Proof
    rng: random.Random

    @property
    def name(self) -> str:
        return self.instances[0].name

    @cached_property
    def structures(self) -> list[Any]:
        return [structure(self.graph, each.scope) for each in self.instances]

    def prove(self, trials: int) -> None:
        """Compare calls like those of the first and of the last instance."""
        for base in (self.instances[0], self.instances[-1])[: len(self.instances)]:
            found = alone(self.graph, base, self.known)
            if found is None:
                self.proof.skipped.setdefault(self.name, "its block alone is another one")
                continue
            calls = [draw(self.rng, base, found, calm=bool(i % 2)) for i in range(trials)]
            different = {str(call): call for call in calls if call is not None}
            for call in different.values():
                self._try(base, call)
            if not different:
                self.proof.skipped.setdefault(self.name, "no other arguments were found")

    def _try(self, base: Instance, call: Call) -> None:
        try:
            self._compare(base, call)
        except Disagreement as why:
            self.proof.faults.append(Fault(self.graph.name, str(call), str(why)))

    def _compare(self, base: Instance, call: Call) -> None:
        surplus = strange(base, call.probe.scope.arguments)
        if surplus:
            raise Disagreement(f"takes {', '.join(surplus)}, which the block does not")
        try:
            made = base.maker(**call.arguments)
        except ValueError as refusal:
            self._refused(base, call.probe, str(refusal))
            return
        except Exception as error:
            raise Disagreement(f"raises {type(error).__name__}: {error}") from None
        graph, scope = call.probe.graph, call.probe.scope
        same_weights(made, graph, scope)
        same_settings(made, graph, scope)
        try:
            same_outputs(made, graph, scope, self._results(base, call.probe), call.probe.reads)
        except (RuntimeError, TypeError, IndexError, ValueError) as error:
            first = str(error).splitlines()[0] if str(error) else ""
            raise Disagreement(f"its forward raises {type(error).__name__}: {first}") from None
        self.proof.agree(self.name)

    def _results(self, base: Instance, probe: Probe) -> list[Node]:
        """The values that the module returns: those that the network reads, or the last one."""
        own = boundary(self.graph, base.scope).results
        if probe.structure in self.structures or len(own) > 1:
            return probe.nodes_at([relative(node.path, base.scope) for node in own])
        return probe.results

    def _refused(self, base: Instance, probe: Probe, message: str) -> None:
        """A class may refuse another structure, with the author's condition."""
        if probe.structure in self.structures:
            raise Disagreement(f"refuses what its network has: {message}")
        blocks = self.known[base.scope.title]
        conditions = [_plain(text) for each in blocks for text in _conditions(each.definition)]
        if not any(condition in _plain(message) for condition in conditions):
            raise Disagreement(f"refuses without the author's condition: {message}")
        self.proof.refuse(self.name)


def _conditions(definition: ast.Block) -> Iterator[str]:
    """The texts of the conditions in a block."""
    left: list[Any] = [definition]
    while left:
        node = left.pop()
        if isinstance(node, ast.If):
            yield from (branch.condition.span.text for branch in node.branches)
        if isinstance(node, tuple | list):
            left += node
        elif hasattr(node, "__dataclass_fields__"):
            left += [getattr(node, name) for name in node.__dataclass_fields__ if name != "span"]


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", text.replace("in.", "in_"))
