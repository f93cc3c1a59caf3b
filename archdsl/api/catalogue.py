"""Many networks at once: variants of one, and the shipped library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import product
from math import prod
from os import PathLike
from typing import Any

from archdsl import driver, files
from archdsl.analyses.measures import MEASURES, QUICK
from archdsl.api.errors import ArchError
from archdsl.api.loading import find
from archdsl.api.settings import InputSize, expression, sizes_of
from archdsl.api.tables import Rows
from archdsl.backends.report.comparison import ComparedNetwork, columns, compared
from archdsl.backends.report.paper import paper_of
from archdsl.backends.report.record_table import RecordColumn
from archdsl.backends.report.zoo import zoo_entry
from archdsl.diagnostics import Diagnostic, Sink
from archdsl.diagnostics.suggest import did_you_mean, listing
from archdsl.driver import Request
from archdsl.ir import Graph

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
    variants = [dict(zip(values, each, strict=True)) for each in product(*values.values())]
    requests = [
        Request(
            name,
            {
                **found.request.settings,
                **{key.replace("__", "."): expression(key, v) for key, v in variant.items()},
            },
            sizes_of(input),
            found.request.arguments,
        )
        for variant in variants
    ]

    def measured(graph: Graph) -> ComparedNetwork:
        return compared(graph, graph.name, measures)

    sink = Sink()
    made = driver.sweep(found.source, files.library(), sink, requests, measured)
    if sink:
        raise ArchError.of(sink.in_order())
    which = [RecordColumn(key, key) for key in values]
    return Rows(
        [{**_record(each), **variant} for variant, each in zip(variants, made, strict=True)],
        (*columns(measures, which), RecordColumn(PROBLEM, PROBLEM)),
    )


def _values(choice: Any) -> list[Any]:
    return list(choice) if isinstance(choice, list | tuple | range) else [choice]


def _record(found: driver.Variant[ComparedNetwork] | Diagnostic) -> Mapping[str, Any]:
    if isinstance(found, Diagnostic):
        return {PROBLEM: f"{found.code}: {found.message}"}
    broken = [f"{each.code}: {each.message}" for each in found.broken[:1]]
    return {**found.made.record, **({PROBLEM: broken[0]} if broken else {})}


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
    paths = dict.fromkeys(shipped[name] for name in wanted)
    entries = [entry for path in paths for entry in _entries(path) if entry["network"] in wanted]
    return Rows(sorted(entries, key=lambda each: each["year"]), ZOO)


def _entries(path: Any) -> Iterable[dict[str, Any]]:
    for graph in driver.graphs(files.source(path), files.library(), Sink(), Request()):
        paper = paper_of(graph.root.doc)
        if paper is not None:
            entry = zoo_entry(graph, paper)
            yield {
                "network": entry.network,
                "input": entry.input,
                "params": entry.params,
                "macs": entry.macs,
                "year": paper.year,
                "paper": paper.cited,
            }
