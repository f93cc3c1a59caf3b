"""The rows of a sweep: variants of one network with their numbers."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from archdsl import driver, files
from archdsl.analyses.measures import MEASURES
from archdsl.api.catalogue import PROBLEM, numbers_of
from archdsl.backends.report.comparison import ComparedNetwork, compared
from archdsl.backends.report.record_table import Record
from archdsl.cli.main import Findings, UsageError
from archdsl.cli.request import inputs_from
from archdsl.cli.row_selection import value_of
from archdsl.diagnostics import Diagnostic, Rejected, Sink, Source
from archdsl.diagnostics.suggest import listing
from archdsl.driver import Request, Variant, Variants
from archdsl.elaboration.environment import NetworkValue
from archdsl.ir import Graph
from archdsl.ops.values import Size
from archdsl.syntax import ast

Settings = Mapping[str, ast.Expr]


@dataclass(frozen=True)
class SweepRow:
    """A variant: its settings as written, their values if they are numbers, its measures.

    `made` is None for a variant with a mistake; `problem` is its first mistake or the first
    `expect` line that it breaks.
    """

    settings: Mapping[str, str]
    parameters: Mapping[str, Any]
    made: ComparedNetwork | None
    problem: str | None

    @property
    def record(self) -> Record:
        """The row as printed."""
        return {**self._numbers, **self.settings, PROBLEM: self.problem}

    @property
    def values(self) -> Record:
        """The values by the names that `--where` reads."""
        return {**self._numbers, **self.parameters}

    @property
    def _numbers(self) -> Record:
        return self.made.record if self.made else {}


@dataclass(frozen=True)
class Explorer:
    """One network of a file, to be built with other settings and measured by some `words`."""

    source: Source
    file: Variants
    network: str
    inputs: Mapping[str, Size]
    words: Collection[str]

    def row(self, settings: Settings) -> SweepRow:
        """Build and measure a variant."""
        found = self._found(settings)
        return SweepRow(
            {name: value.span.text for name, value in settings.items()},
            {name: value_of(value) for name, value in settings.items()},
            None if isinstance(found, Diagnostic) else found.made,
            numbers_of(found)[PROBLEM],
        )

    def networks(self, settings: Settings) -> tuple[NetworkValue, NetworkValue]:
        """The network as its file defines it, and the variant without a mistake."""
        plain = Request(self.network, {}, self.inputs)
        return self.file.network(plain), self.file.network(replace(plain, settings=settings))

    def mistake(self, settings: Settings) -> Diagnostic | None:
        """The first mistake of a variant, if it has one."""
        found = self._found(settings)
        return found if isinstance(found, Diagnostic) else None

    def _found(self, settings: Settings) -> Variant[ComparedNetwork] | Diagnostic:
        def measured(graph: Graph) -> ComparedNetwork:
            return compared(graph, graph.name, self.words)

        return self.file.build(Request(self.network, settings, self.inputs), measured)


def explorer(options: Namespace, needed: Collection[str]) -> Explorer:
    """Read the file of a sweep; `needed` are names that the choice of rows reads.

    Raise `Findings` if the file has mistakes, `UsageError` if the network is not chosen.
    """
    sink = Sink()
    try:
        given = files.given(options.file)
        name = options.network or given.network or _only(given.source)
        inputs = inputs_from(options.inputs)
        file = driver.variants(given.source, files.library(), sink)
    except Rejected as rejected:
        raise Findings([rejected.diagnostic]) from None
    if file is None:
        raise Findings(sink.in_order())
    selected = (word for word in MEASURES if word in needed)
    words = tuple(dict.fromkeys((*options.columns, options.x, options.y, *selected)))
    return Explorer(given.source, file, name, inputs, words)


def _only(source: Source) -> str:
    """The only network of a file."""
    names = files.networks_of(source)
    if len(names) != 1:
        raise UsageError(f"choose one network with --network: there are {listing(names)}")
    return names[0]


def varied_settings(rows: Sequence[SweepRow]) -> list[str]:
    """The settings that differ between rows."""
    texts = [row.settings for row in rows]
    return [key for key in texts[0] if len({each[key] for each in texts}) > 1] if texts else []
