"""Classes and functions of blocks, built with other arguments than their network gives them."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from archdsl.elaboration.environment import BlockValue, NetworkValue
from archdsl.ir import Graph, Node
from tests.arguments.agreement import Disagreement, same_outputs, same_settings, same_weights
from tests.arguments.alone import alone
from tests.arguments.calls import Call, draw, strange
from tests.arguments.makers import Instance, blocks_of, load, source_of
from tests.arguments.probes import Probe, boundary, definitions, relative, structure
from tests.arguments.proof import Effort, Fault, Proof

REFUSAL = re.compile(r"(?P<name>\w+) needs (?P<condition>.+)")  # the message of a ValueError


def prove_blocks(
    network: NetworkValue, graph: Graph, text: str, proof: Proof, effort: Effort
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
        rng = random.Random(f"{effort.seed} {graph.name} {name}")
        _Maker(graph, instances, known, proof, rng).prove(effort.calls)


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

    def prove(self, calls: int) -> None:
        """Compare calls like those of the first and of the last instance."""
        for base in (self.instances[0], self.instances[-1])[: len(self.instances)]:
            found = alone(self.graph, base, self.known)
            if found is None:
                self.proof.skipped.setdefault(self.name, "its block alone is another one")
                continue
            drawn = [draw(self.rng, base, found, calm=bool(i % 2)) for i in range(calls)]
            different = {str(call): call for call in drawn if call is not None}
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
            self._refused(call, str(refusal))
            return
        except Exception as error:
            raise Disagreement(f"raises {type(error).__name__}: {error}") from None
        graph, scope = call.probe.graph, call.probe.scope
        same_weights(made, graph, scope)
        same_settings(made, graph, scope)
        try:
            same_outputs(made, graph, scope, self._results(call.probe), call.probe.reads)
        except Exception as error:
            first = str(error).splitlines()[0] if str(error) else ""
            raise Disagreement(f"its forward raises {type(error).__name__}: {first}") from None
        self.proof.agree(self.name)

    def _results(self, probe: Probe) -> list[Node]:
        """The values that the module returns: those that the network reads, or the last one."""
        for instance, known in zip(self.instances, self.structures, strict=True):
            own = boundary(self.graph, instance.scope).results
            if own and known == probe.structure:
                return probe.nodes_at([relative(node.path, instance.scope) for node in own])
        return probe.results

    def _refused(self, call: Call, message: str) -> None:
        """A class may refuse another structure, by a condition that its arguments break."""
        if call.probe.structure in self.structures:
            raise Disagreement(f"refuses what its network has: {message}")
        found = REFUSAL.fullmatch(message)
        if found is None:
            raise Disagreement(f"refuses without a condition: {message}")
        if found["name"] == self.name and _holds(found["condition"], call.arguments):
            raise Disagreement(f"refuses although the condition holds: {message}")
        self.proof.refuse(self.name)


def _holds(condition: str, arguments: Mapping[str, Any]) -> bool:
    """Whether a condition in the parameters of a class holds for a call of it."""
    try:
        return bool(eval(condition, {"math": math}, dict(arguments)))
    except NameError as error:
        raise Disagreement(f"refuses by what it does not take: {condition}: {error}") from None
