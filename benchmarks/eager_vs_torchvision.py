"""Compiled networks beside torchvision's, eager: time of a forward and a training step, memory.

    python benchmarks/eager_vs_torchvision.py [NETWORK …] [--batch 2] [--rounds 9] [--seconds 2]
        [--threads 1] [--device cuda] [--json] [--write] [--assert]

Both models carry the same weights and take turns, the first of a round being last in the next.
Times are medians: of CPU time on one thread, of elapsed time otherwise. Memory is the peak of what
a step holds beyond weights and input: what the allocator counts on a GPU, on a CPU the storages
alive between operations. A ratio is torchvision's time by ours, and our memory by torchvision's.
`--write` puts the table into `benchmarks/results/`, `--assert` fails below 0.98 or above 1.02.
"""

from __future__ import annotations

import argparse
import gc
import json
import shlex
import sys
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import machine
import torch
from machine import Step
from networks import ROOT, built
from torch import Tensor, nn

from archdsl.cli.main import main as archdsl

sys.path.insert(0, str(ROOT / "tests"))
from memory_meter import LiveStorages
from torchvision_reference import models

# What both have: the same names except for one.
SAME = """
    vgg11 vgg11_bn vgg13 vgg13_bn vgg16 vgg16_bn vgg19 vgg19_bn resnet18 resnet34 resnet50 resnet101
    resnet152 resnext50_32x4d resnext101_32x8d resnext101_64x4d wide_resnet50_2 wide_resnet101_2
    densenet121 densenet161 densenet169 densenet201
"""
PAIRS = {"alexnet_owt": "alexnet"} | {name: name for name in SAME.split()}
LEAST_SPEED, MOST_MEMORY = 0.98, 1.02


@dataclass(frozen=True)
class Row:
    """What was measured of one network: milliseconds, MiB, and ratios."""

    network: str
    forward_ms: float
    forward_ratio: float
    train_ms: float
    train_ratio: float
    forward_mib: float
    forward_memory_ratio: float
    train_mib: float
    train_memory_ratio: float

    @property
    def holds(self) -> bool:
        speeds = (self.forward_ratio, self.train_ratio)
        memories = (self.forward_memory_ratio, self.train_memory_ratio)
        return min(speeds) >= LEAST_SPEED and max(memories) <= MOST_MEMORY


# ------------------------------------------------------------------ models and their steps


def compiled(folder: Path) -> dict[str, Path]:
    """All shipped networks, compiled into a folder."""
    with redirect_stdout(sys.stderr):
        for source in sorted((ROOT / "architectures").glob("*.arch")):
            if archdsl(["compile", str(source), "-o", str(folder)]):
                raise SystemExit(f"{source.name} does not compile")
    return {path.stem: path for path in folder.glob("*.py")}


def forward_step(model: nn.Module, images: Tensor) -> Step:
    """A forward pass as in use: eval mode, no gradients."""

    def step() -> Tensor:
        model.eval()
        with torch.no_grad():
            out: Tensor = model(images)
        return out

    return step


def training_step(model: nn.Module, images: Tensor, labels: Tensor) -> Step:
    """Forward, backward and an update."""
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)

    def step() -> None:
        model.train()
        optimizer.zero_grad(set_to_none=True)
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

    return step


# ------------------------------------------------------------------ memory


def peak(step: Step, held: list[Tensor], device: str) -> int:
    """Bytes that a step holds at most beyond what was there before it."""
    gc.collect()
    if device == "cuda":
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        step()
        torch.cuda.synchronize()
        return torch.cuda.max_memory_allocated() - before
    with LiveStorages(held) as counted:
        step()
    return counted.peak


# ------------------------------------------------------------------ one network, all networks


def medians(steps: list[Step], options: argparse.Namespace) -> list[float]:
    """Median seconds of each step, taken in turn."""
    named = dict(zip(map(str, range(len(steps))), steps, strict=True))
    times = machine.in_turn(named, options.rounds, options.seconds, options.device)
    return [median(found) for found in times.values()]


def measure(name: str, path: Path, options: argparse.Namespace) -> Row:
    """Both models of a network, with the same weights, in turn."""
    torch.manual_seed(0)
    reference = models.get_model(PAIRS[name])
    ours = built(path)
    ours.load_state_dict(reference.state_dict(), strict=True)
    pair = [reference.to(options.device), ours.to(options.device)]
    images = torch.randn(options.batch, 3, options.size, options.size, device=options.device)
    labels = torch.randint(0, 1000, (options.batch,), device=options.device)

    forward = [forward_step(model, images) for model in pair]
    train = [training_step(model, images, labels) for model in pair]
    forward_s, train_s = medians(forward, options), medians(train, options)
    forward_b, train_b = [], []
    for model, look, learn in zip(pair, forward, train, strict=True):
        model.zero_grad(set_to_none=True)
        held = [*model.parameters(), *model.buffers(), images, labels]
        forward_b.append(peak(look, held, options.device))
        train_b.append(peak(learn, held, options.device))
        model.zero_grad(set_to_none=True)
    return Row(
        name,
        forward_s[1] * 1e3,
        forward_s[0] / forward_s[1],
        train_s[1] * 1e3,
        train_s[0] / train_s[1],
        forward_b[1] / 2**20,
        forward_b[1] / forward_b[0],
        train_b[1] / 2**20,
        train_b[1] / train_b[0],
    )


HEAD = """\
| network | forward ms | ratio | training ms | ratio | forward MiB | ratio | training MiB | ratio |
|---|---:|---:|---:|---:|---:|---:|---:|---:|"""


def line(row: Row) -> str:
    """A row of the table."""
    return (
        f"| {row.network} | {row.forward_ms:.1f} | {row.forward_ratio:.3f} "
        f"| {row.train_ms:.1f} | {row.train_ratio:.3f} "
        f"| {row.forward_mib:.1f} | {row.forward_memory_ratio:.3f} "
        f"| {row.train_mib:.1f} | {row.train_memory_ratio:.3f} |"
    )


def page(rows: list[Row], options: argparse.Namespace) -> str:
    """The results as Markdown, with the machine and how to repeat them."""
    settings = f"batch {options.batch}, {options.size}x{options.size}"
    settings += f", at least {options.rounds} rounds and {options.seconds:g} s"
    return "\n".join(
        [
            "# Compiled networks beside torchvision's, eager",
            "",
            f"{machine.named(options.device)}; {settings}. Milliseconds and MiB are ours; a ratio",
            "of times is torchvision's by ours (above 1: ours is faster), of memory ours by",
            "torchvision's (below 1: ours holds less).",
            "",
            HEAD,
            *map(line, rows),
            "",
            f"`python benchmarks/eager_vs_torchvision.py {shlex.join(sys.argv[1:])}`",
            "makes this page.",
            "",
        ]
    )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help="default: all pairs")
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--rounds", type=int, default=9, help="at least")
    parser.add_argument("--seconds", type=float, default=2.0, help="at least, for each model")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", action="store_true", help="write benchmarks/results/")
    parser.add_argument("--assert", dest="strict", action="store_true", help="fail off the bars")
    options = parser.parse_args()
    unknown = set(options.networks) - set(PAIRS)
    if unknown:
        parser.error(f"torchvision has no {', '.join(sorted(unknown))}")
    return options


def main() -> int:
    options = arguments()
    torch.set_num_threads(options.threads)
    rows: list[Row] = []
    if not options.json:
        print(HEAD)
    with TemporaryDirectory() as folder:
        paths = compiled(Path(folder))
        for name in options.networks or PAIRS:
            rows.append(measure(name, paths[name], options))
            if not options.json:
                print(line(rows[-1]), flush=True)
    if options.json:
        print(
            json.dumps(
                {"machine": machine.named(options.device), "rows": [asdict(r) for r in rows]}
            )
        )
    if options.write:
        target = ROOT / "benchmarks" / "results" / f"eager_{options.device}.md"
        target.parent.mkdir(exist_ok=True)
        target.write_text(page(rows, options))
    return int(options.strict and not all(row.holds for row in rows))


if __name__ == "__main__":
    sys.exit(main())
