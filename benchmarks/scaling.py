"""Time and memory of commands on large networks, as CPU seconds of whole processes.

    python benchmarks/scaling.py [--assert]

The tests count calls, which are the same on every machine; this measures seconds. `--assert` fails
where a command takes longer than its limit, or where tenfold layers take more than twelvefold time.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

GROWTH = 12.0
TRIES = 2
REPEATED = "repeat {0} {{ conv(3x3, 4) -> relu }}"
RESIDUAL = "repeat {0} {{ skip {{ conv(3x3, 8) -> relu -> conv(3x3, 8) }} }}"
PICTURES = {
    "a row": "repeat i in range(5000) { conv(1x1, 4 + i % 3) -> relu }",
    "stages": """repeat i in range(20) { s{i}: repeat j in range(25) { u{j}: {
        repeat k in range(10) { conv(1x1, 8 + (i + j + k) % 3) -> bn } } } }""",
    "skips": "repeat i in range(2500) { b{i}: { conv(3x3, 8) -> skip { bn -> relu } } }",
    "a dense block": "dense i in range(1500) { conv(1x1, 8) -> relu -> bn }",
    "nested": "s: { " * 60 + "conv(1x1, 4) -> conv(3x3, 4) " + "-> conv(1x1, 4) }" * 60,
}
HOSTILE = {
    "nested repeats": "repeat 200000 { repeat 200000 { let x = 1 } }",
    "many facts": "repeat 50000 { relu }\n" + "expect params == 0\n" * 3000,
    "many labels": "relu -> @x" + ".a" * 20_000,
}
CLASSES = ",".join(map(str, range(1, 801)))


class Entry(NamedTuple):
    """One command, with the most CPU seconds and megabytes that it may take; with `like`, the
    name of the same on a tenth of the layers."""

    name: str
    words: list[str]
    seconds: float
    megabytes: float = 2_000
    like: str | None = None
    code: int = 0  # the exit status that is right


def entries(folder: Path) -> Iterator[Entry]:
    """The commands, on files that are written into a folder."""
    for name, body, part in (("repeated", REPEATED, 2), ("residual", RESIDUAL, 4)):
        for layers, limit in ((10_000, 4.0), (100_000, 10.0)):
            file = written(folder, f"{name} {layers}", body.format(layers // part))
            like = f"check {name} {layers // 10}" if layers == 100_000 else None
            yield Entry(f"check {name} {layers}", ["check", file], limit, like=like)
    written_out = written(folder, "lines", "conv(3x3, 4) -> relu\n" * 50_000)
    yield Entry("check 100,000 written out", ["check", written_out], 20.0)
    for name, body in PICTURES.items():
        file = written(folder, name, body)
        yield Entry(f"render {name}", ["render", file, "-o", "-"], 5.0)
    for network, limit in (("densenet201", 1.0), ("resnet152", 1.0), ("inception_v4", 1.0)):
        yield Entry(f"render {network}", ["render", network, "-o", "-"], limit)
        words = ["render", network, "--level", "op", "-o", "-"]
        yield Entry(f"render {network}, ops", words, 3.0)
    yield Entry("render resnet1202", ["render", "resnet1202", "-o", "-"], 5.0)
    for name, body in HOSTILE.items():
        yield Entry(f"refuse {name}", ["check", written(folder, name, body)], 10.0, code=1)
    words = ["sweep", "resnet18", "--set", f"classes={CLASSES}", "--format", "csv"]
    yield Entry("sweep 800 variants", words, 8.0, 64)


def written(folder: Path, name: str, body: str) -> str:
    """The path of a file with one network."""
    path = folder / f"{name.replace(' ', '_')}.arch"
    path.write_text(f"network big {{\n    input 8x8x8\n    {body}\n}}\n", "utf-8")
    return str(path)


def measured(words: list[str], code: int) -> tuple[float, float]:
    """CPU seconds and most resident megabytes of a process: the least of a few, as noise adds."""
    found = []
    for _ in range(TRIES):
        command = [sys.executable, "-m", "archdsl", *words]
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(command, stdout=quiet, stderr=quiet)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != code:
            raise SystemExit(f"{' '.join(words)} failed with {process.returncode}")
        found.append((usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024))
    return min(found)


def problems(entry: Entry, found: dict[str, float], megabytes: float) -> Iterator[str]:
    seconds = found[entry.name]
    if seconds > entry.seconds:
        yield f"{entry.name} takes {seconds:.1f} s, more than {entry.seconds:g}"
    if megabytes > entry.megabytes:
        yield f"{entry.name} takes {megabytes:.0f} MB, more than {entry.megabytes:g}"
    if entry.like and seconds > GROWTH * found[entry.like]:
        yield f"{entry.name} takes more than {GROWTH:g} times as long as {entry.like}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--assert", dest="strict", action="store_true", help="fail beyond a limit")
    options = parser.parse_args()
    found: dict[str, float] = {}
    wrong: list[str] = []
    print("| command | CPU s | limit s | MB |\n|---|--:|--:|--:|")
    with TemporaryDirectory() as folder:
        for entry in entries(Path(folder)):
            found[entry.name], megabytes = measured(entry.words, entry.code)
            row = f"{entry.name} | {found[entry.name]:.2f} | {entry.seconds:g} | {megabytes:.0f}"
            print(f"| {row} |", flush=True)
            wrong += problems(entry, found, megabytes)
    print(*wrong, sep="\n", file=sys.stderr)
    return int(options.strict and bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
