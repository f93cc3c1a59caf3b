"""A network with its parameters bound to a graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from archdsl.diagnostics import Rejected, Sink
from archdsl.diagnostics import names as say
from archdsl.elaboration.body import Elaborator
from archdsl.elaboration.environment import NetworkValue, Poisoned
from archdsl.elaboration.expressions import Evaluator
from archdsl.elaboration.joins import dissolve_joins
from archdsl.elaboration.naming import assign_names
from archdsl.elaboration.ramps import count_drop_paths
from archdsl.elaboration.splits import drop_passed
from archdsl.elaboration.stage import Place, Stop
from archdsl.elaboration.statements import Expectation
from archdsl.ir import Graph, Scope
from archdsl.ops.values import Size


@dataclass(frozen=True)
class Elaborated:
    """A network's graph, and the facts it expects of itself."""

    graph: Graph
    expectations: tuple[Expectation, ...]


def elaborate(
    network: NetworkValue, sink: Sink, inputs: Mapping[str, Size] | None = None
) -> Elaborated | None:
    """The graph of a network, None when a mistake was reported.

    `inputs` replaces the sizes of inputs by their names (an unnamed one is `input`).
    """
    found_before = len(sink.found)
    try:
        arguments = bind(network)
    except Rejected as rejected:
        sink.add(rejected.diagnostic)
        return None
    except Poisoned:
        return None
    definition = network.definition
    root = Scope("network", network.name, network.span, doc=network.doc, arguments=arguments)
    graph = Graph(network.name, root)
    environment = network.environment.inner()
    for name, value in arguments.items():
        environment.set(name, value)
    elaborator = Elaborator(graph, sink, input_shapes=dict(inputs or {}))
    try:
        end = elaborator.run(definition.body.items, Place(environment, root), None)
    except Stop:
        return None
    if len(sink.found) > found_before or end is None:
        if end is None and len(sink.found) == found_before and not graph.nodes:
            sink.add(say.no_input(network.name).at(network.span))
        return None
    names = [graph.nodes[number].label or "input" for number in graph.inputs]
    for name in inputs or ():
        if name not in names:
            sink.add(say.unknown_input(network.name, name, names).at(network.span))
    if len(graph.nodes) == len(graph.inputs):
        sink.add(say.no_layers(network.name).at(network.span))
        return None
    if not graph.outputs:
        graph.outputs.append(end.id)
    dissolve_joins(graph)
    drop_passed(graph, elaborator.passed)
    count_drop_paths(graph)
    assign_names(graph, sink)
    if len(sink.found) > found_before:
        return None
    return Elaborated(graph, tuple(elaborator.expectations))


def bind(network: NetworkValue) -> dict[str, Any]:
    """All parameters with their values; `Rejected` while one has none."""
    unbound = network.unbound()
    if unbound:
        raise Rejected(say.unbound(network.name, unbound).at(network.span))
    environment = network.environment.inner()
    for parameter in network.definition.parameters:
        name = parameter.name.id
        if name in network.bound:
            environment.set(name, network.bound[name])
        elif parameter.default is not None:
            environment.set(name, Evaluator(environment).value(parameter.default))
    return environment.names
