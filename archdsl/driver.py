"""The pipeline: text to syntax tree to graph to facts to text. Nothing here prints or reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from archdsl.analyses.facts import KNOWN, facts
from archdsl.deep_stack import bounded, deep
from archdsl.diagnostics import (
    Diagnostic,
    Poisoned,
    Rejected,
    Reported,
    Sink,
    Source,
    limit_errors,
    network_errors,
)
from archdsl.elaboration.environment import NetworkValue
from archdsl.elaboration.expectations import Facts, check_expectation, networks_named
from archdsl.elaboration.modules import Library, Module, Reader
from archdsl.elaboration.networks import elaborate
from archdsl.elaboration.settings import override
from archdsl.elaboration.statements import Expectation
from archdsl.ir import Graph
from archdsl.ops.values import Size
from archdsl.records import record
from archdsl.syntax import ast

if TYPE_CHECKING:
    from archdsl.analyses.lints import Lint

T = TypeVar("T")
MOST_NETWORKS = 100  # of a file at once, except for a check
MOST_NODES = 50_000  # of these networks together: the slowest command takes 20 s for them


@record
class Request:
    """A choice of networks of a file, with parameters and input sizes.

    Without `network`: all that need no arguments. `arguments` are bound as in a call, before the
    `settings`.
    """

    network: str | None = None
    settings: Mapping[str, ast.Expr] = field(default_factory=dict)
    inputs: Mapping[str, Size] = field(default_factory=dict)
    arguments: Sequence[ast.Argument] = ()

    @property
    def changes(self) -> bool:
        """Whether the request alters the networks that the file defines."""
        return bool(self.settings or self.inputs or self.arguments)


WHOLE = Request()  # all networks that need no arguments, as the file defines them


def check(
    source: Source,
    library: Library,
    sink: Sink,
    request: Request = WHOLE,
    facts: Sink | None = None,
) -> list[Graph]:
    """Report every mistake of a file and every `expect` line that does not hold.

    With a `request`, only those of the chosen networks; `facts` receives the `expect` lines that do
    not hold, if they are not to be mistakes. Return the graphs of the networks without mistakes.
    """
    facts_of = _Facts(sink, request.inputs)
    facts = sink if facts is None else facts
    with bounded():
        module = Reader(library, sink).read(source)
        for network in _chosen(module, request, sink):
            facts_of.network(network)
        facts_of.check_stated(facts)
        if request == WHOLE:
            for expectation in module.expectations:
                _check_stated(expectation, module, facts_of, facts)
        elif not request.changes:
            _check_top_level(module, facts_of, facts)
    return facts_of.graphs


def report(
    source: Source,
    library: Library,
    lints: Sequence[Lint],
    request: Request = WHOLE,
    facts: Sink | None = None,
) -> tuple[list[Diagnostic], list[Graph]]:
    """Return the mistakes of a file, or lint warnings if it has none, and its graphs.

    `request` and `facts` are those of `check`. Messages are in the order of their places.
    """
    sink = Sink()
    graphs = check(source, library, sink, request, facts)
    if lints and not sink:
        from archdsl.analyses.lints import review, without_unused_comments

        # a comment may be about the file's own settings
        chosen = without_unused_comments(lints) if request.changes else lints
        with bounded():
            sink.found += review(source, graphs, chosen)
    return sink.in_order(), graphs


def _check_stated(expectation: ast.Expect, module: Module, facts_of: _Facts, sink: Sink) -> None:
    """Check an `expect` line at the top level, which names its networks."""
    networks = module.environment.networks()
    answers: dict[str, Facts | Reported] = {}
    nodes = 0
    for name in networks_named(expectation.condition, networks):
        if networks[name].unbound():
            problem = network_errors.unbound(name, networks[name].unbound())
            sink.add(problem.at(expectation.condition.span))
            return
        known = facts_of.network(networks[name])
        answers[name] = known if isinstance(known, Reported) else known.fact
        nodes += 0 if isinstance(known, Reported) else known.nodes
    check_expectation(expectation.condition, module.environment, None, answers, sink, nodes)


@record
class _Known:
    """The facts of one graph, and its number of nodes."""

    fact: Facts
    nodes: int


@dataclass
class _Facts:
    """The facts of networks, each built once, and the `expect` lines in their bodies."""

    sink: Sink
    inputs: Mapping[str, Size] = field(default_factory=dict)
    stated: list[tuple[Expectation, _Known]] = field(default_factory=list)
    graphs: list[Graph] = field(default_factory=list)
    _known: dict[str, _Known | Reported] = field(default_factory=dict)

    @property
    def nodes(self) -> int:
        """The size of all graphs together."""
        return sum(len(graph.nodes) for graph in self.graphs)

    def network(self, network: NetworkValue) -> _Known | Reported:
        """The facts of a network, or the report of its mistake."""
        if network.name not in self._known:
            self._known[network.name] = self._build(network)
        return self._known[network.name]

    def _build(self, network: NetworkValue) -> _Known | Reported:
        built = elaborate(network, self.sink, self.inputs)
        if isinstance(built, Reported):
            return built
        known = _Known(facts(built.graph), len(built.graph.nodes))
        self.graphs.append(built.graph)
        self.stated += [(line, known) for line in built.expectations]
        return known

    def check_stated(self, sink: Sink) -> None:
        """Report the `expect` lines in network bodies that do not hold."""
        for line, known in self.stated:
            check_expectation(
                line.condition, line.environment, known.fact, {}, sink, known.nodes, KNOWN
            )


def graphs(
    source: Source,
    library: Library,
    sink: Sink,
    request: Request,
    facts: Sink | None = None,
    names: dict[str, Any] | None = None,
) -> list[Graph]:
    """Return the graphs of the chosen networks; networks with mistakes are reported and left out.

    `facts` receives a message for every `expect` line that does not hold. An `expect` line at the
    top level is about networks as the file defines them, so it is skipped for an altered one.
    `names` are those of the texts before, which the source sees, as the cells of a notebook do;
    its own are added if it has no mistakes.
    """
    with bounded():
        module = Reader(library, sink).read(source, names)
        if names is not None and not sink:
            names.update(module.environment.names)
        known = _Facts(sink, request.inputs)
        chosen = _chosen(module, request, sink)
        if len(chosen) > MOST_NETWORKS:
            problem = limit_errors.too_many_networks(len(chosen), MOST_NETWORKS)
            sink.add(problem.at(chosen[MOST_NETWORKS].span))
            return []
        for network in chosen:
            known.network(network)
            if known.nodes > MOST_NODES:
                problem = limit_errors.too_many_nodes_at_once(known.nodes, len(chosen), MOST_NODES)
                sink.add(problem.at(network.span))
                return []
        found = list(known.graphs)
        if facts is not None:
            with bounded():  # so many facts may be wrong that the sink is full
                known.check_stated(facts)
                if not request.changes:
                    _check_top_level(module, known, facts)
        return found
    return []


def _check_top_level(module: Module, known: _Facts, sink: Sink) -> None:
    """Check the top-level `expect` lines that name no network of this file without a graph."""
    missing = module.networks.keys() - {graph.name for graph in known.graphs}
    networks = module.environment.networks()
    for expectation in module.expectations:
        if missing.isdisjoint(networks_named(expectation.condition, networks)):
            _check_stated(expectation, module, known, sink)


def _chosen(module: Module, request: Request, sink: Sink) -> list[NetworkValue]:
    """The chosen networks with their settings; an unknown name is reported."""
    names = [request.network] if request.network else list(module.networks)
    found = [_network(module, name, request, sink) for name in names]
    networks = [each for each in found if isinstance(each, NetworkValue)]
    return [each for each in networks if request.network or not each.unbound()]


def _network(module: Module, name: str, request: Request, sink: Sink) -> NetworkValue | Reported:
    """A network of a file with the request's settings, or the report of a mistake."""
    network = module.environment.names.get(name)
    try:
        if isinstance(network, Reported):
            return network
        if not isinstance(network, NetworkValue):
            raise Rejected(network_errors.no_such_network(name, module.networks))
        return override(network, request.settings, module.environment, request.arguments)
    except Rejected as rejected:
        problem = rejected.diagnostic
        return sink.add(problem.at(problem.span or module.whole))
    except Poisoned as poisoned:
        return poisoned.reported


@record
class Variant(Generic[T]):
    """The result of a variant, and the `expect` lines that it breaks."""

    made: T
    broken: Sequence[Diagnostic]


@record
class Variants:
    """The variants of the networks of a file without mistakes, which is read once."""

    module: Module
    reader: Reader

    def network(self, request: Request) -> NetworkValue:
        """Return the network of a request that has no mistake."""
        found = _network(self.module, request.network or "", request, Sink())
        assert isinstance(found, NetworkValue)
        return found

    def build(self, request: Request, of: Callable[[Graph], T]) -> Variant[T] | Diagnostic:
        """Apply `of` to the graph of a request; a variant with a mistake gives its first one."""
        self.reader.meter.renew()
        sink, facts = Sink(), Sink()
        known = _Facts(sink, request.inputs)
        with bounded():
            network = _network(self.module, request.network or "", request, sink)
            if isinstance(network, NetworkValue):
                known.network(network)
        with bounded():
            known.check_stated(facts)
        if not known.graphs:
            return sink.in_order()[0]
        with deep():
            return Variant(of(known.graphs[0]), facts.in_order())


def variants(source: Source, library: Library, sink: Sink) -> Variants | None:
    """Read a file for its variants; None if it has mistakes, which go to the sink."""
    with bounded():
        reader = Reader(library, sink)
        module = reader.read(source)
        return None if sink else Variants(module, reader)
    return None
