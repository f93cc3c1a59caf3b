"""How long the full analysis of a network takes beside torchinfo and fvcore, as whole processes.

CPU time (user and system) from a fresh process to its printed result, medians of interleaved runs,
on one thread:

    python benchmarks/analysis_speed.py [--runs 7] [--assert] [--write]

`--assert` fails where a ratio is below what the README promises; `--write` keeps the table in
`benchmarks/results/analysis_speed.md`. The peers analyse torchvision's network, ours the shipped
text of the same network; each prints one row a layer.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks/results/analysis_speed.md"
NETWORKS = ("resnet152", "densenet201")
# The command that computes everything that there is to compute of a network.
FULL = ("summary", "{network}", "--format", "json")
# One thread; and bytecode is kept between runs, as that of an installed package is.
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": ""}
PEER = """\
import sys, warnings
warnings.simplefilter("ignore")
sys.path.insert(0, sys.argv[1])
import torch
from torchvision_reference import models
model = getattr(models, sys.argv[2])().eval()
"""
TORCHINFO = """\
from torchinfo import summary
summary(model, (1, 3, 224, 224), verbose=1)
"""
FVCORE = """\
import logging
from fvcore.nn import FlopCountAnalysis, flop_count_table
logging.disable(logging.WARNING)
print(flop_count_table(FlopCountAnalysis(model, torch.zeros(1, 3, 224, 224)), max_depth=9))
"""


class Entry(NamedTuple):
    """One process to time, and by how much ours shall be faster."""

    name: str
    command: list[str]
    least: float | None = None


def entries(network: str) -> list[Entry]:
    """The processes for one network, ours first."""
    ours = [word.format(network=network) for word in FULL]
    peer = [str(ROOT / "tests"), network]
    return [
        Entry(f"archdsl {' '.join(ours)}", [sys.executable, "-m", "archdsl", *ours]),
        Entry("torchinfo", [sys.executable, "-c", PEER + TORCHINFO, *peer], 10),
        Entry("fvcore", [sys.executable, "-c", PEER + FVCORE, *peer], 15),
    ]


def seconds(command: list[str]) -> float:
    """CPU time of one process, which must succeed and print."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, env=ENVIRONMENT)
    assert process.stdout is not None
    rows = process.stdout.read().count(b"\n")
    process.stdout.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode or rows < 100:
        raise SystemExit(f"{' '.join(command)} failed with {process.returncode}, {rows} rows")
    return usage.ru_utime + usage.ru_stime


def measure(timed: list[Entry], runs: int) -> list[float]:
    """The median of each, taken in turn so that a busy moment meets all of them alike."""
    found: list[list[float]] = [[] for _ in timed]
    for entry in timed:
        seconds(entry.command)  # files into the cache, parser tables onto the disk
    for _ in range(runs):
        for entry, times in zip(timed, found, strict=True):
            times.append(seconds(entry.command))
    return [median(times) for times in found]


def row(network: str, entry: Entry, time: float, ours: float) -> str:
    least = f"{entry.least:g}" if entry.least else ""
    ratio = f"{time / ours:.1f}" if entry.least else "1"
    return f"| {network} | `{entry.name}` | {time:.3f} | {ratio} | {least} |"


def document(rows: list[str], runs: int) -> str:
    """The table with what it was measured with."""
    versions = ", ".join(
        f"{name} {version(name)}" for name in ("torch", "torchvision", "torchinfo", "fvcore")
    )
    head = [
        "# Time of a full analysis, in CPU seconds of the whole process",
        "",
        f"Medians of {runs} interleaved runs on one thread; Python {platform.python_version()},"
        f" {versions}.",
        "Made by `python benchmarks/analysis_speed.py --write`.",
        "",
        "| network | process | CPU s | times ours | at least |",
        "|---|---|--:|--:|--:|",
    ]
    return "\n".join([*head, *rows]) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--assert", dest="strict", action="store_true", help="fail below a bar")
    parser.add_argument("--write", action="store_true", help=f"keep the table in {RESULTS.name}")
    options = parser.parse_args()
    rows, slow = [], []
    for network in NETWORKS:
        timed = entries(network)
        times = measure(timed, options.runs)
        for entry, time in zip(timed, times, strict=True):
            rows.append(row(network, entry, time, times[0]))
            if entry.least and time < entry.least * times[0]:
                slow.append(f"{network}: {entry.name} takes {time / times[0]:.1f} times ours")
    text = document(rows, options.runs)
    print(text)
    if options.write:
        RESULTS.write_text(text, "utf-8")
    print(*slow, sep="\n", file=sys.stderr)
    return int(options.strict and bool(slow))


if __name__ == "__main__":
    sys.exit(main())
