"""How long `archdsl check` takes beside a bare Python and beside torchinfo, as whole processes.

CPU time (user and system) of each process, median of interleaved runs:

    python benchmarks/check_speed.py [--runs 5] [--assert]

`--assert` fails where a command takes longer than docs/claims.md says: multiples of a bare Python
and of torchinfo's summary of ResNet-152, in the same run, so that they hold on any processor.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
NETWORK = """\
from resnet import resnet, bottleneck

network resnet152_here = resnet(bottleneck, [3, 8, 36, 3])

expect resnet152_here.params == 60_192_808
"""
LAYERS = "network big {\n    input 4x8x8\n" + "    conv(3x3, 4) -> relu\n" * 50_000 + "}\n"
TORCHINFO = """\
import sys
sys.path.insert(0, sys.argv[1])
from torchinfo import summary
from torchvision_reference import models
summary(models.resnet152(), (1, 3, 224, 224), verbose=1)
"""


BARE, PEER = "python -c pass", "torchinfo (ResNet-152)"


class Entry(NamedTuple):
    """One process to time, and the most that it may take: `limit` times the process `unit`."""

    name: str
    command: list[str]
    limit: float = 0.0
    unit: str = BARE


def entries(folder: Path) -> Iterator[Entry]:
    """The processes, the bare Python first."""
    network = folder / "resnet152_here.arch"
    network.write_text(NETWORK)
    archdsl = [sys.executable, "-m", "archdsl"]
    yield Entry(BARE, [sys.executable, "-c", "pass"])
    yield Entry("archdsl --help", [*archdsl, "--help"], 8)
    yield Entry("archdsl check (ResNet-152)", [*archdsl, "check", str(network)], 1 / 15, PEER)
    layers = folder / "layers.arch"
    layers.write_text(LAYERS)
    yield Entry("archdsl check (100,000 layers)", [*archdsl, "check", str(layers)], 2.5, PEER)
    script = folder / "with_torchinfo.py"
    script.write_text(TORCHINFO)
    yield Entry(PEER, [sys.executable, str(script), str(ROOT / "tests")])


def seconds(command: list[str]) -> float:
    """CPU time of one process, which must succeed."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def measure(timed: list[Entry], runs: int) -> dict[str, float]:
    """The median of each, taken in turn so that a busy moment meets all of them alike."""
    found: dict[str, list[float]] = {entry.name: [] for entry in timed}
    for entry in timed:
        seconds(entry.command)  # files into the cache, parser tables onto the disk
    for _ in range(runs):
        for entry in timed:
            found[entry.name].append(seconds(entry.command))
    return {name: median(times) for name, times in found.items()}


def table(timed: list[Entry], times: dict[str, float]) -> str:
    """One row a process: seconds, ratios to a bare Python and to torchinfo, and the limit."""
    rows = [
        f"| {entry.name} | {times[entry.name]:.3f} | {times[entry.name] / times[BARE]:.1f}"
        f" | {times[entry.name] / times[PEER]:.3f} | {_limit(entry)} |"
        for entry in timed
    ]
    head = ["| process | CPU s | x python | x torchinfo | limit |", "|---|---:|---:|---:|---|"]
    return "\n".join([*head, *rows])


def _limit(entry: Entry) -> str:
    return f"{entry.limit:.3g} x {entry.unit}" if entry.limit else ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--assert", dest="strict", action="store_true", help="fail beyond a limit")
    options = parser.parse_args()
    if not (find_spec("torchinfo") and find_spec("torchvision")):
        raise SystemExit("torchinfo and torchvision are not installed: `make lint` installs them")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # all keep their bytecode, as usual
    with TemporaryDirectory() as folder:
        timed = list(entries(Path(folder)))
        times = measure(timed, options.runs)
    print(table(timed, times))
    slow = [
        each for each in timed if each.limit and times[each.name] > each.limit * times[each.unit]
    ]
    for entry in slow:
        print(f"{entry.name} takes longer than {_limit(entry)}", file=sys.stderr)
    return int(options.strict and bool(slow))


if __name__ == "__main__":
    sys.exit(main())
