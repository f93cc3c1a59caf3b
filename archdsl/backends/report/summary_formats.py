"""Summaries as JSON, CSV, Markdown and LaTeX."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from archdsl.analyses.cost import Cost
from archdsl.backends.report.columns import Figures
from archdsl.backends.report.receptive_field import field_data
from archdsl.backends.report.sheet import Sheet, latex, markdown
from archdsl.backends.report.summary import Summary, SummaryLine
from archdsl.backends.report.table_formats import csv_text
from archdsl.ops import size

SCHEMA_VERSION = 1  # schemas/summary.schema.json; added keys leave it as it is
INDENT = "  "


def as_data(summary: Summary) -> dict[str, Any]:
    """Return a summary as plain data; `input` has the dimensions, by name if there are several."""
    inputs = {name: list(shape) for name, shape in summary.inputs}
    counted = summary.convention
    return {
        "schema_version": SCHEMA_VERSION,
        "network": summary.network,
        "input": inputs if len(inputs) > 1 else next(iter(inputs.values())),
        "dtype": summary.dtype,
        **({"convention": {"name": counted.name, "unit": counted.unit}} if counted else {}),
        "rows": [
            {
                "path": row.path,
                "op": row.op,
                "out": list(row.out),
                **_costs(summary, row.cost),
                **field_data(row.field),
                "rf_whole": row.field is not None and row.field.whole,
            }
            for row in summary.rows
        ],
        "by_kind": {
            kind: {"ops": count, **_costs(summary, cost)}
            for kind, (count, cost) in summary.kinds.items()
        },
        "totals": {
            **_costs(summary, summary.total),
            "params_inference": summary.inference.params,
            **field_data(summary.field),
        },
    }


def _costs(summary: Summary, cost: Cost) -> dict[str, int]:
    """Return all whole numbers of a cost."""
    counted = {"counted": cost.counted} if summary.convention else {}
    figures = Figures(cost)
    whole = {c.word: int(c.of(figures) or 0) for c in summary.known.values() if c.summed}
    return {**whole, **counted}


def as_json(summaries: Sequence[Summary]) -> str:
    """Return one object for one network, a list for several; one row a line."""
    found = [as_object(as_data(summary)) for summary in summaries]
    return found[0] if len(found) == 1 else "[\n" + ",\n".join(found) + "\n]"


def as_object(data: dict[str, Any]) -> str:
    """Return a JSON object with each of its `rows` on a line."""
    parts = []
    for key, value in data.items():
        text = json.dumps(value)
        if key == "rows":
            rows = ",\n".join(f"    {json.dumps(row)}" for row in value)
            text = f"[\n{rows}\n  ]" if rows else "[]"
        parts.append(f"  {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(parts) + "\n}"


def as_csv(summaries: Sequence[Summary]) -> str:
    """Return one record per line; costs are those of one of the `times`."""
    words = [column.word for column in summaries[0].columns]
    return csv_text(
        ("network", "path", "op", "times", "out", *words),
        (
            (
                summary.network, line.path, line.op, line.times, size(line.out),
                *(column.of(line.figures) for column in summary.columns),
            )
            for summary in summaries
            for line in summary.lines
        ),
    )  # fmt: skip


def as_markdown(summaries: Sequence[Summary]) -> str:
    """Return a heading and a table for each network."""
    return markdown(sheet(summary, "&nbsp;&nbsp;") for summary in summaries)


def as_latex(summaries: Sequence[Summary]) -> str:
    """Return a table for each network."""
    return latex(sheet(summary) for summary in summaries)


def sheet(summary: Summary, indent: str = INDENT) -> Sheet:
    """Return the table of a summary, with an indent for each level."""
    headings = ("layer", "op", "out", *(column.heading for column in summary.columns))
    sums = [("total", Figures(summary.total, summary.field))]
    if summary.inference != summary.total:
        sums.append(("in evaluation", Figures(summary.inference, summary.field)))
    totals = tuple(
        (name, "", "", *(column.shown(each) for column in summary.columns)) for name, each in sums
    )
    rows = tuple(_cells(line, summary, indent) for line in summary.lines)
    return Sheet(summary.heading, headings, rows, totals, notes=summary.notes)


def _cells(line: SummaryLine, summary: Summary, indent: str) -> tuple[str, ...]:
    """Return the cells of a line."""
    repeated = f" x{line.times}" if line.times > 1 else ""
    figures = (column.shown(line.figures, line.times) for column in summary.columns)
    return indent * line.level + line.name, line.op + repeated, size(line.out), *figures
