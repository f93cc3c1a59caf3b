"""The pipeline: text to syntax tree to graph to facts to text. Nothing here prints or reads."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from archdsl.analyses.facts import facts
from archdsl.diagnostics import Enough, Rejected, Sink, Source
from archdsl.diagnostics import names as say
from archdsl.elaboration.environment import POISON, NetworkValue, Poisoned
from archdsl.elaboration.expectations import check_expectation, networks_named
from archdsl.elaboration.modules import Library, Module, Reader
from archdsl.elaboration.networks import Elaborated, elaborate, override
from archdsl.ir import Graph
from archdsl.ops.values import Size
from archdsl.syntax import ast

STACK = 20_000  # frames; the limits on nesting in syntax and elaboration keep below it


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
    with bounded():
        _check(source, library, sink)


def _check(source: Source, library: Library, sink: Sink) -> None:
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
            if known[name].unbound():
                problem = say.unbound(name, known[name].unbound())
                sink.add(problem.at(expectation.condition.span))
                built[name] = None
            if name not in built:
                built[name] = elaborate(known[name], sink)
            result = built[name]
            answers[name] = facts(result.graph) if result is not None else None
        check_expectation(expectation.condition, module.environment, None, answers, sink)


def graphs(source: Source, library: Library, sink: Sink, request: Request) -> list[Graph]:
    """The graphs of the wanted networks; those with mistakes are missing and reported."""
    with bounded():
        module = Reader(library, sink).read(source)
        chosen = _chosen(module, request, sink)
        found = [elaborate(network, sink, request.inputs) for network in chosen]
        return [result.graph for result in found if result is not None]
    return []


@contextmanager
def bounded() -> Iterator[None]:
    """Room on the stack for what the language allows to nest; ends early when a sink is full."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, STACK))
    try:
        yield
    except Enough:
        pass
    finally:
        sys.setrecursionlimit(before)


def _chosen(module: Module, request: Request, sink: Sink) -> list[NetworkValue]:
    """The wanted networks with their settings; reports one that is not there."""
    names = [request.network] if request.network else list(module.networks)
    chosen = []
    for name in names:
        network = module.environment.names.get(name)
        if network is POISON:
            continue
        try:
            if not isinstance(network, NetworkValue):
                raise Rejected(say.no_such_network(name, module.networks))
            network = override(network, request.settings)
        except Rejected as rejected:
            problem = rejected.diagnostic
            sink.add(problem.at(problem.span or module.whole))
            continue
        except Poisoned:
            continue
        if request.network or not network.unbound():
            chosen.append(network)
    return chosen
