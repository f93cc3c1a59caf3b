"""What is said of inference engines beside their peers: a row, a line of a table, a page."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import geometric_mean

import records

NETWORKS = [
    "resnet50",
    "resnext50_32x4d",
    "googlenet_bn",
    "densenet121",
    "squeezenet1_0",
    "vgg16",
    "wide_resnet50_2",
    "preresnet200",
    "fractalnet40",
]


@dataclass(frozen=True)
class Row:
    """A peer's time by ours; `low` and `high` are the quartiles over the rounds.

    Errors are relative to the exact output, `floor_ms` is the least that the machine needs at the
    rates that were measured in the same run: `tflops` and `tbs`, of a product and a copy.
    """

    network: str
    batch: int
    dtype: str
    peer: str
    ratio: float
    low: float
    high: float
    ms: float
    ours_ms: float
    start_s: float
    ours_start_s: float
    mib: float | None = None
    ours_mib: float | None = None
    error: float | None = None
    ours_error: float | None = None
    floor_ms: float | None = None
    tflops: float | None = None
    tbs: float | None = None
    machine: str = ""
    command: str = ""


HEAD = """\
| network | batch | dtype | peer | ratio | quartiles | ms | ours ms | of the floor | ours \
| MiB | ours MiB | start s | ours s |
|---|---:|---|---|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|"""


def line(row: Row) -> str:
    ratio = f"{row.ratio:.3f}" if row.ratio >= 1 else f"**{row.ratio:.3f}**"
    return (
        f"| {row.network} | {row.batch} | {row.dtype} | {row.peer} | {ratio} "
        f"| {row.low:.2f} to {row.high:.2f} | {milliseconds(row.ms)} | {milliseconds(row.ours_ms)} "
        f"| {share(row.floor_ms, row.ms)} | {share(row.floor_ms, row.ours_ms)} "
        f"| {whole(row.mib)} | {whole(row.ours_mib)} "
        f"| {row.start_s:.1f} | {row.ours_start_s:.2f} |"
    )


def milliseconds(value: float) -> str:
    return f"{value:.2f}" if value >= 1 else f"{value:.3f}"


def share(floor: float | None, time: float) -> str:
    """The floor as a share of a time."""
    return "–" if floor is None else f"{floor / time:.0%}"


def whole(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}"


def summary(rows: list[Row]) -> list[str]:
    """The geometric mean over all rows of each peer, where it was faster, and its start-up by ours.

    A start-up ends with the first output, so that of a large batch is mostly that batch.
    """
    found = []
    for peer in dict.fromkeys(row.peer for row in rows):
        own = [row for row in rows if row.peer == peer]
        mean = geometric_mean([row.ratio for row in own])
        lost = sorted((row for row in own if row.ratio < 1), key=lambda row: row.ratio)
        places = [f"{row.network} {row.batch} {row.dtype} {row.ratio:.3f}" for row in lost]
        than = (
            f"faster than ours in {len(lost)} of {len(own)}" if lost else "never faster than ours"
        )
        starts = geometric_mean([row.start_s / row.ours_start_s for row in own])
        text = f"{peer}: {mean:.3f} in the geometric mean, start-up {starts:.1f}, {than}"
        found.append(": ".join([text, ", ".join(places)] if places else [text]))
    return found


def page(rows: list[Row], device: str) -> str:
    """The results as Markdown, with the machine, what was lost, and what was run."""
    order = {name: number for number, name in enumerate(NETWORKS)}
    last = len(order)
    rows = sorted(rows, key=lambda r: (order.get(r.network, last), r.batch, r.dtype))
    machines = "; ".join(dict.fromkeys(row.machine for row in rows))
    commands = "\n".join(dict.fromkeys(row.command for row in rows))
    means = "\n".join(f"- {text}" for text in summary(rows))
    lines = "\n".join(map(line, rows))
    return f"""\
# Inference on {"a GPU" if device == "cuda" else "a CPU"}

{machines}. A ratio is the peer's time by ours: the median over rounds, and its
quartiles; bold where the peer was faster. Start-ups, in seconds below and as ratios in
the means, begin with the trained module, all imports done, and end with the first output: that
of a large batch is mostly that batch.{rates_of(rows)}

{means}

{HEAD}
{lines}

```sh
{commands}
```
"""


def rates_of(rows: list[Row]) -> str:
    """What the floors were taken from."""
    known = [row for row in rows if row.floor_ms is not None]
    parts = [
        f"{records.span(row.tflops or 0 for row in known if row.dtype == dtype)} TFLOP/s in {dtype}"
        for dtype in dict.fromkeys(row.dtype for row in known)
    ]
    if not known:
        return ""
    copies = records.span(row.tbs or 0 for row in known)
    return (
        f" The floor is `archdsl profile`'s for what the machine reached in the same runs: "
        f"{', '.join(parts)} in a large matrix product, {copies} TB/s in a large copy."
    )
