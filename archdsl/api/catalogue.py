"""Many networks at once: variants of one, and the shipped library."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import product
from math import prod
from os import PathLike
from typing import Any, TypeVar

from archdsl import driver, files
from archdsl.analyses.measures import MEASURES, QUICK
from archdsl.api.errors import ArchError
from archdsl.api.loading import find
from archdsl.api.settings import InputSize, settings_of, sizes_of
from archdsl.api.tables import Rows
from archdsl.backends.report.comparison import ComparedNetwork, columns, compared
from archdsl.backends.report.paper import paper_of
from archdsl.backends.report.record_table import RecordColumn
from archdsl.backends.report.zoo import ZooEntry, zoo_entry
from archdsl.diagnostics import Diagnostic, Sink
from archdsl.diagnostics.suggest import did_you_mean, listing
from archdsl.driver import Request
from archdsl.ir import Graph

T = TypeVar("T")
MOST_VARIANTS = 10_000
PROBLEM = "problem"  # the column of what is wrong with a variant


def sweep(
    what: str | PathLike[str],
    network: str | None = None,
    *,
    input: InputSize | Mapping[str, InputSize] | None = None,
    measures: Sequence[str] = QUICK,
    **choices: Any,
) -> Rows:
    """Measure all variants of a network: `sweep("resnet50", base=[4, 8], groups=[1, 32])`.

    Each parameter has a list (or range) of values, or one value; every combination is a row with
    the parameters, the input, the `measures` (of `archdsl.analyses.measures.MEASURES`) and
    `problem`: the first mistake or broken `expect` line of the variant, None for most. Raises
    `ArchError` if the file has mistakes, if nothing varies, or beyond 10,000 variants.
    """
    unknown = [word for word in measures if word not in MEASURES]
    if unknown:
        raise ArchError(f"measures={unknown}: there are {listing(MEASURES)}")
    values = {name: _values(each) for name, each in choices.items()}
    count = prod(map(len, values.values()))
    if not choices or not count or count > MOST_VARIANTS:
        raise ArchError(
            f"{count:,} variants: give each parameter a list of values, with at most"
            f" {MOST_VARIANTS:,} combinations"
        )
    found = find(what, network)
    name = found.request.network or _only(files.networks_of(found.source))
    variants = combinations(values)
    requests = [
        Request(
            name,
            {**found.request.settings, **settings_of(variant)},
            sizes_of(input),
            found.request.arguments,
        )
        for variant in variants
    ]

    def measured(graph: Graph) -> ComparedNetwork:
        return compared(graph, graph.name, measures)

    sink = Sink()
    file = driver.variants(found.source, files.library(), sink)
    if file is None:
        raise ArchError.of(sink.in_order())
    made = [file.build(request, measured) for request in requests]
    which = [RecordColumn(key, key) for key in values]
    return Rows(
        [{**numbers_of(each), **variant} for variant, each in zip(variants, made, strict=True)],
        (*columns(measures, which), RecordColumn(PROBLEM, PROBLEM)),
    )


def _values(choice: Any) -> list[Any]:
    return list(choice) if isinstance(choice, list | tuple | range) else [choice]


def combinations(choices: Mapping[str, Sequence[T]]) -> list[dict[str, T]]:
    """Return every combination of values by name; the last name changes fastest."""
    return [dict(zip(choices, each, strict=True)) for each in product(*choices.values())]


def numbers_of(found: driver.Variant[ComparedNetwork] | Diagnostic) -> Mapping[str, Any]:
    """Return the measures of a variant, and its first mistake or broken `expect` line."""
    numbers = {} if isinstance(found, Diagnostic) else found.made.record
    wrong = [found] if isinstance(found, Diagnostic) else found.broken
    return {**numbers, PROBLEM: f"{wrong[0].code}: {wrong[0].message}" if wrong else None}


def _only(names: Sequence[str]) -> str:
    if len(names) != 1:
        raise ArchError(f"choose one network with network=…: there are {listing(names)}")
    return names[0]


ZOO = (
    RecordColumn("network", "network"),
    RecordColumn("input", "input"),
    RecordColumn("params", "params", "{:,}".format, number=True),
    RecordColumn("macs", "MACs", "{:,}".format, number=True),
    RecordColumn("year", "year", number=True),
    RecordColumn("paper", "paper"),
)


def zoo(pattern: str = "*") -> Rows:
    """Return the networks of the shipped library, by year: their input, costs and papers.

    `pattern` chooses some: "dense*". Raises `ArchError` if it matches none.
    """
    shipped = files.shipped_networks()
    wanted = [name for name in shipped if fnmatchcase(name, pattern)]
    if not wanted:
        raise ArchError(f"{pattern!r}: {did_you_mean(pattern, shipped, 'zoo() lists all')}")
    sink = Sink()
    entries = shipped_entries(wanted, sink)
    if sink:
        raise ArchError.of(sink.in_order())
    return Rows([_zoo_record(entry) for entry in entries], ZOO)


def shipped_entries(names: Collection[str], sink: Sink) -> list[ZooEntry]:
    """Return shipped networks that need no arguments, by the years of their papers.

    Mistakes of the library go to the sink.
    """
    paths = dict.fromkeys(path for name, path in files.shipped_networks().items() if name in names)
    entries = []
    for path in paths:
        for graph in driver.graphs(files.source(path), files.library(), sink, Request()):
            paper = paper_of(graph.root.doc)
            if paper is not None and graph.name in names:
                entries.append(zoo_entry(graph, paper))
    return sorted(entries, key=lambda each: each.paper.order)


def _zoo_record(entry: ZooEntry) -> dict[str, Any]:
    return {
        "network": entry.network,
        "input": entry.input,
        "params": entry.params,
        "macs": entry.macs,
        "year": entry.paper.year,
        "paper": entry.paper.cited,
    }
