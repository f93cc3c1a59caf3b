"""The list of networks with their papers and costs, as text, JSON, CSV and Markdown."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from io import StringIO
from itertools import groupby
from typing import Any

from archdsl.analyses.cost import costs, evaluation, total
from archdsl.backends.report.paper import Paper
from archdsl.backends.report.sheet import number
from archdsl.backends.report.summary import inputs_of, sizes
from archdsl.backends.report.summary_formats import INDENT
from archdsl.ir import Graph


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
    head = ("network", "input", "params", "MACs")
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [_aligned(INDENT + head[0], head[1:], widths)]
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
    file = StringIO()
    writer = csv.writer(file, lineterminator="\n")
    records = [_record(each) for each in entries]
    writer.writerow(records[0])
    writer.writerows(record.values() for record in records)
    return file.getvalue().rstrip("\n")


def _record(each: ZooEntry) -> dict[str, Any]:
    data = asdict(each)
    paper = data.pop("paper")
    return {**data, **paper}


def as_markdown(entries: Sequence[ZooEntry]) -> str:
    """Return one table."""
    rows = [(*_cells(each), each.paper.cited.replace("|", "\\|")) for each in entries]
    lines = ["| network | input | params | MACs | paper |", "|---|--:|--:|--:|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])
