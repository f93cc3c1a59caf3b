"""Summaries as JSON, CSV and Markdown."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from io import StringIO
from typing import Any

from archdsl.backends.report.view import Line, Summary
from archdsl.ops import size

SCHEMA_VERSION = 1  # schemas/summary.schema.json; added keys leave it as it is
INDENT = "  "


def as_data(summary: Summary) -> dict[str, Any]:
    """A summary as plain data; `input` is the dimensions, by name where there are several."""
    inputs = {name: list(shape) for name, shape in summary.inputs}
    return {
        "schema_version": SCHEMA_VERSION,
        "network": summary.network,
        "input": inputs if len(inputs) > 1 else next(iter(inputs.values())),
        "rows": [
            {
                "path": row.path,
                "op": row.op,
                "out": list(row.out),
                "params": row.cost.params,
                "macs": row.cost.macs,
            }
            for row in summary.rows
        ],
        "totals": {
            "params": summary.total.params,
            "params_inference": summary.inference.params,
            "macs": summary.total.macs,
        },
    }


def as_json(summaries: Sequence[Summary]) -> str:
    """One object for one network, a list for several; one row a line."""
    found = [_object(as_data(summary)) for summary in summaries]
    return found[0] if len(found) == 1 else "[\n" + ",\n".join(found) + "\n]"


def _object(data: dict[str, Any]) -> str:
    parts = []
    for key, value in data.items():
        text = json.dumps(value)
        if key == "rows":
            rows = ",\n".join(f"    {json.dumps(row)}" for row in value)
            text = f"[\n{rows}\n  ]" if rows else "[]"
        parts.append(f"  {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(parts) + "\n}"


def as_csv(summaries: Sequence[Summary]) -> str:
    """One record for each line; `params` and `macs` are those of one of the `times`."""
    file = StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("network", "path", "op", "times", "out", "params", "macs"))
    for summary in summaries:
        for line in summary.lines:
            cost = line.cost
            shape = size(line.out)
            writer.writerow(
                (summary.network, line.path, line.op, line.times, shape, cost.params, cost.macs)
            )
    return file.getvalue().rstrip("\n")


def as_markdown(summaries: Sequence[Summary]) -> str:
    """A heading and a table for each network."""
    return "\n\n".join(_markdown(summary) for summary in summaries)


def _markdown(summary: Summary) -> str:
    rows = [cells(line, "&nbsp;&nbsp;") for line in summary.lines]
    sums = [(f"**{name}**", "", "", *costs) for name, *costs in totals(summary)]
    table = [f"| {' | '.join(row)} |" for row in (COLUMNS, *rows, *sums)]
    table.insert(1, "|---|---|---|--:|--:|")
    return "\n".join([f"### {summary.heading}", "", *table])


COLUMNS = ("layer", "op", "out", "params", "MACs")


def cells(line: Line, indent: str = INDENT) -> tuple[str, str, str, str, str]:
    """A line as people read it: `3 x 70,400` for three equal parts, nothing for zero."""
    times = f"{line.times} x " if line.times > 1 else ""
    costs = [
        f"{times}{number(count)}" if count else "" for count in (line.cost.params, line.cost.macs)
    ]
    repeated = f" x{line.times}" if line.times > 1 else ""
    return indent * line.level + line.name, line.op + repeated, size(line.out), costs[0], costs[1]


def totals(summary: Summary) -> list[tuple[str, str, str]]:
    """The sums below the columns of costs; those of evaluation where training has more."""
    found = [("total", summary.total)]
    if summary.inference != summary.total:
        found.append(("in evaluation", summary.inference))
    return [(name, number(cost.params), number(cost.macs)) for name, cost in found]


def number(count: int) -> str:
    """With separators of thousands."""
    return f"{count:,}"
