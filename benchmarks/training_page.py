"""What is said of training steps beside their peers: a row, a line of a table, a page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A peer's time and memory by ours; `ms` and `mib` are ours, `low` and `high` quartiles."""

    network: str
    batch: int
    size: int
    dtype: str
    peer: str
    ratio: float
    memory_ratio: float | None
    ms: float
    mib: float | None
    low: float | None = None
    high: float | None = None
    start_s: float | None = None
    machine: str = ""
    command: str = ""


HEAD = """\
| case | batch | size | dtype | beside | ms | ratio | quartiles | MiB | ratio | start s |
|---|--:|--:|---|---|--:|--:|---|--:|--:|--:|"""


def line(row: Row) -> str:
    ratio = f"{row.ratio:.2f}" if row.ratio >= 1 else f"**{row.ratio:.2f}**"
    quartiles = "–" if row.low is None else f"{row.low:.2f} to {row.high:.2f}"
    cells = [
        row.network,
        row.batch,
        row.size,
        row.dtype,
        row.peer,
        f"{row.ms:.1f}",
        ratio,
        quartiles,
    ]
    cells += [shown(row.mib, ".1f"), shown(row.memory_ratio, ".2f"), shown(row.start_s, ".1f")]
    return f"| {' | '.join(map(str, cells))} |"


def shown(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)


def page(rows: list[Row]) -> str:
    """The results as Markdown, with the machine and what was run."""
    machines = "; ".join(dict.fromkeys(row.machine for row in rows))
    commands = "\n".join(dict.fromkeys(row.command for row in rows))
    lines = "\n".join(map(line, sorted(rows, key=lambda row: row.network)))
    return f"""\
# Training steps

{machines}; channels last. Milliseconds and MiB are ours; a ratio is the peer's by ours
(above 1: ours is faster, or holds less; bold where the peer is faster): of times the median over
rounds, with its quartiles. The bars are 1.25 in time for stochastic_depth beside masking, and 1.82
in memory (ours at most 0.55 of the peer's) for dense.

{HEAD}
{lines}

```sh
{commands}
```
"""
