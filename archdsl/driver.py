"""The pipeline: text to syntax tree to graph to facts to text. Nothing here prints or reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from archdsl.analyses.facts import facts
from archdsl.diagnostics import Rejected, Sink, Source
from archdsl.diagnostics import names as say
from archdsl.elaboration.environment import NetworkValue
from archdsl.elaboration.expectations import check_expectation, networks_named
from archdsl.elaboration.modules import Library, Module, Reader
from archdsl.elaboration.networks import Elaborated, elaborate, override
from archdsl.ir import Graph
from archdsl.ops.values import Size
from archdsl.syntax import ast


@dataclass(frozen=True)
class Request:
    """Which networks of a file are wanted, and with which parameters and input sizes.

    Without `network`: all whose parameters are bound.
    """

    network: str | None = None
    settings: Mapping[str, ast.Expr] = field(default_factory=dict)
    inputs: Mapping[str, Size] = field(default_factory=dict)


def check(source: Source, library: Library, sink: Sink) -> None:
    """Reports every mistake of a file that can be found, and every fact that does not hold."""
    module = Reader(library, sink).read(source)
    built: dict[str, Elaborated | None] = {}
    for network in _chosen(module, Request(), sink):
        built[network.name] = elaborate(network, sink)
    for result in built.values():
        if result is not None:
            own = facts(result.graph)
            for line in result.expectations:
                check_expectation(line.condition, line.environment, own, {}, sink)
    known = {
        name: value
        for name, value in module.environment.names.items()
        if isinstance(value, NetworkValue)
    }
    for expectation in module.expectations:
        answers: dict[str, Any] = {}
        for name in networks_named(expectation.condition, known):
            if name not in built:
                built[name] = elaborate(known[name], sink)
            result = built[name]
            answers[name] = facts(result.graph) if result is not None else None
        check_expectation(expectation.condition, module.environment, None, answers, sink)


def graphs(source: Source, library: Library, sink: Sink, request: Request) -> list[Graph]:
    """The graphs of the wanted networks; those with mistakes are missing and reported."""
    module = Reader(library, sink).read(source)
    found = (elaborate(network, sink, request.inputs)
             for network in _chosen(module, request, sink))
    return [result.graph for result in found if result is not None]


def _chosen(module: Module, request: Request, sink: Sink) -> list[NetworkValue]:
    """The wanted networks with their settings; reports one that is not there."""
    names = [request.network] if request.network else list(module.networks)
    chosen = []
    for name in names:
        network = module.environment.names.get(name)
        try:
            if not isinstance(network, NetworkValue):
                raise Rejected(say.no_such_network(name, module.networks))
            network = override(network, request.settings)
        except Rejected as rejected:
            problem = rejected.diagnostic
            sink.add(problem.at(problem.span or module.whole))
            continue
        if request.network or not network.unbound():
            chosen.append(network)
    return chosen
