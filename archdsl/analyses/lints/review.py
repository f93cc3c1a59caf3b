"""Run lints over the networks of a file, and report each place in the text once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from archdsl.analyses.lints.catalogue import CODES, UNUSED, Lint
from archdsl.analyses.lints.network_index import Edit, Finding, NetworkIndex
from archdsl.diagnostics import Diagnostic, Note, Source, Span, lint_warnings
from archdsl.diagnostics.diagnostic import MOST_FINDINGS
from archdsl.diagnostics.noqa import Ignored
from archdsl.ir import Graph


@dataclass
class _Place:
    """A finding at one place of the text, met `count` times; the first one is reported."""

    first: Finding
    graph: Graph
    edit: Edit | None
    count: int = 0
    networks: set[str] = field(default_factory=set)

    def add(self, finding: Finding, graph: Graph) -> None:
        self.count += 1
        self.networks.add(graph.name)
        if finding.edit != self.edit:
            self.edit = None

    def diagnostic(self, span: Span, uses: int) -> Diagnostic:
        """Return the message, with a fix only where it is right for all uses of the place."""
        node, problem = self.first.node, self.first.problem
        fix = self.edit.apply(span, self.edit.argument) if self.edit else None
        if node is None:
            return replace(problem, span=span, fix=fix)
        if uses > 1:
            where = node.path, self.graph.name
            times = lint_warnings.repeated(*where, self.count, uses, len(self.networks))
            problem = replace(problem, notes=(*problem.notes, Note(times)))
        return replace(
            problem, span=span, chain=node.chain, fix=fix if self.count == uses else None
        )


def review(source: Source, graphs: Sequence[Graph], lints: Iterable[Lint]) -> list[Diagnostic]:
    """Return what lints find in the graphs of a file that has no mistakes.

    Findings that a comment ignores are left out. A block called fifty times has one finding at a
    place. At most `MOST_FINDINGS` are reported. Linear in the graphs.
    """
    chosen = {lint.code: lint for lint in lints}
    ignored = Ignored()
    found: list[Diagnostic] = []
    places = _places(graphs, list(chosen.values()))
    uses = _uses(graphs, {span for _, span in places})
    for (code, span), place in places.items():
        if not ignored.covers(code, span) and len(found) < MOST_FINDINGS:
            found.append(place.diagnostic(span, uses[span]))
    if UNUSED in chosen:
        found += ignored.unused(
            source,
            lambda code: code in chosen or code not in CODES,
            lambda: _lines(source, graphs),
        )
    return found


def _places(graphs: Sequence[Graph], lints: Sequence[Lint]) -> dict[tuple[str, Span], _Place]:
    places: dict[tuple[str, Span], _Place] = {}
    for graph in graphs:
        network = NetworkIndex(graph)
        for lint in lints:
            for finding in lint.rule(network):
                span = graph.root.span if finding.node is None else finding.node.span
                key = (finding.problem.code, span)
                if key not in places:
                    places[key] = _Place(finding, graph, finding.edit)
                places[key].add(finding, graph)
    return places


def _uses(graphs: Sequence[Graph], spans: Collection[Span]) -> Counter[Span]:
    """Count the layers that each place in the text has made."""
    nodes = (node for graph in graphs for node in graph.nodes) if spans else ()
    return Counter(node.span for node in nodes if node.span in spans)


def _lines(source: Source, graphs: Sequence[Graph]) -> set[int]:
    """Return the lines of a file on which a layer or network begins."""
    spans = {node.span for graph in graphs for node in graph.nodes}
    spans |= {graph.root.span for graph in graphs}
    return {span.begins.line for span in spans if span.source is source}
