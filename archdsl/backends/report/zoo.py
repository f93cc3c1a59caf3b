"""The list of networks with their papers and costs, as text, and as data for other tools."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from archdsl.analyses.cost import costs, evaluation, total
from archdsl.backends.report.paper import Paper
from archdsl.backends.report.sheet import number
from archdsl.backends.report.summary import inputs_of, sizes
from archdsl.backends.report.summary_formats import INDENT
from archdsl.backends.report.table_formats import csv_text, latex_table, markdown_table
from archdsl.ir import Graph

HEAD = ("network", "input", "params", "MACs")


@dataclass(frozen=True)
class ZooEntry:
    """One network; `params_inference` leaves out weights that only training reads."""

    network: str
    input: str
    params: int
    params_inference: int
    macs: int
    paper: Paper


def zoo_entry(graph: Graph, paper: Paper) -> ZooEntry:
    """Return the entry of a network."""
    by_node = costs(graph)
    whole, inference = total(graph, by_node), evaluation(graph, by_node)
    shape = sizes(inputs_of(graph))
    return ZooEntry(graph.name, shape, whole.params, inference.params, whole.macs, paper)


def as_text(entries: Sequence[ZooEntry]) -> str:
    """Return aligned columns, with the networks of a paper below its line."""
    rows = [_cells(each) for each in entries]
    widths = [max(map(len, column)) for column in zip(HEAD, *rows, strict=True)]
    lines = [_aligned(INDENT + HEAD[0], HEAD[1:], widths)]
    for cited, group in groupby(entries, lambda each: each.paper.cited):
        lines += ["", cited]
        lines += [_aligned(INDENT + row[0], row[1:], widths) for row in map(_cells, group)]
    return "\n".join(lines)


def _cells(each: ZooEntry) -> tuple[str, str, str, str]:
    return each.network, each.input, number(each.params), number(each.macs)


def _aligned(name: str, cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
    return "  ".join([name.ljust(widths[0] + len(INDENT)), *padded])


def as_json(entries: Sequence[ZooEntry]) -> str:
    """Return a list with one object per network, one a line."""
    return "[\n" + ",\n".join("  " + json.dumps(asdict(each)) for each in entries) + "\n]"


def as_csv(entries: Sequence[ZooEntry]) -> str:
    """Return one record per network."""
    records = [_record(each) for each in entries]
    return csv_text(list(records[0]), (record.values() for record in records))


def _record(each: ZooEntry) -> dict[str, Any]:
    data = asdict(each)
    paper = data.pop("paper")
    return {**data, **paper}


def as_markdown(entries: Sequence[ZooEntry]) -> str:
    """Return one table."""
    return markdown_table(*_table(entries))


def as_latex(entries: Sequence[ZooEntry]) -> str:
    """Return one table."""
    return latex_table(*_table(entries))


def _table(entries: Sequence[ZooEntry]) -> tuple[list[str], list[tuple[str, ...]], list[bool]]:
    """Return the titles, the cells, and whether each column has numbers."""
    rows: list[tuple[str, ...]] = [(*_cells(each), each.paper.cited) for each in entries]
    return [*HEAD, "paper"], rows, [False, True, True, True, False]
