"""A network with its parameters bound to a graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archdsl.diagnostics import Poisoned, Rejected, Reported, Sink, argument_errors, network_errors
from archdsl.elaboration.body import Elaborator
from archdsl.elaboration.calls import constant_defaults
from archdsl.elaboration.environment import Environment, NetworkValue
from archdsl.elaboration.expressions import Evaluator
from archdsl.elaboration.naming import assign_names
from archdsl.elaboration.nested_merges import dissolve_nested_merges
from archdsl.elaboration.ramps import count_drop_paths
from archdsl.elaboration.sizes import fix_sizes
from archdsl.elaboration.splits import drop_passed
from archdsl.elaboration.stage import Place, Stage, Stop
from archdsl.elaboration.statements import Expectation, Statements
from archdsl.ir import Graph, Node, Scope
from archdsl.ops.formulas import Fixed, Formula, formula_of, plain
from archdsl.ops.values import Size
from archdsl.records import record


@record
class Elaborated:
    """A network's graph, and the facts it expects of itself."""

    graph: Graph
    expectations: tuple[Expectation, ...]


def elaborate(
    network: NetworkValue, sink: Sink, inputs: Mapping[str, Size] | None = None
) -> Elaborated | Reported:
    """The graph of a network, or the report of a mistake.

    `inputs` replaces the sizes of inputs by their names (an unnamed one is `input`).
    """
    root = Scope("network", network.name, network.span, doc=network.doc)
    try:
        environment = bind(network, root)
    except Rejected as rejected:
        return sink.add(rejected.diagnostic)
    except Poisoned as poisoned:
        return poisoned.reported
    graph = Graph(network.name, root)
    graph.family = network.definition.name.span
    stage = Stage(graph, sink, inputs or {})
    elaborator = Elaborator(stage, Statements(stage))
    place = Place(environment, root)
    try:
        end = _end(elaborator, network, place)
    except Stop as stop:
        return stop.reported
    except (Rejected, Poisoned) as mistake:
        return stage.unknown(mistake, network.span, place)
    if not graph.outputs:
        graph.add_output(end)
    fix_sizes(graph, stage.asked)
    drop_passed(graph, stage.passed)
    dissolve_nested_merges(graph)
    count_drop_paths(graph)
    return assign_names(graph, sink) or Elaborated(graph, tuple(elaborator.statements.expectations))


def _end(elaborator: Elaborator, network: NetworkValue, place: Place) -> Node:
    """The value that a network's body ends with; `Rejected` or `Poisoned` after any mistake."""
    body, stage = network.definition.body, elaborator.stage
    graph = stage.graph
    end = stage.needed(elaborator.run(body.items, place, None), place, network.span)
    if stage.failure is not None:
        raise Poisoned(stage.failure)
    names = [graph.nodes[number].label or "input" for number in graph.inputs]
    for name in stage.input_shapes:
        if name not in names:
            raise Rejected(argument_errors.unknown_input(network.name, name, names))
    if len(graph.nodes) == len(graph.inputs):
        raise Rejected(network_errors.no_layers(network.name))
    return end


def bind(network: NetworkValue, root: Scope) -> Environment:
    """The environment of a network's body; `Rejected` while a parameter has no value.

    Its arguments and computed defaults are noted in the `root`, its scope.
    """
    unbound = network.unbound()
    if unbound:
        raise Rejected(network_errors.unbound(network.name, unbound).at(network.span))
    environment = network.environment.inner()
    arguments: dict[str, Any] = {}
    computed: dict[str, Formula] = {}
    for parameter in network.definition.parameters:
        name, value = parameter.name.id, None
        if name in network.bound:
            value = network.bound[name]
        elif parameter.default is not None:
            value = Evaluator(environment).value(parameter.default)
            if not isinstance(formula_of(value), Fixed):
                computed[name] = formula_of(value)
        environment.set(parameter.name, value, parameter=True)
        arguments[name] = plain(value)
        environment.bind({name: value}, root.key)
    root.arguments, root.computed = arguments, computed
    root.defaults = constant_defaults(network.definition)
    return environment
