"""Inference engines beside what else runs the same network: eager, compiled, other runtimes.

    python benchmarks/inference.py [NETWORK …] [--device cpu|cuda] [--batch 1 16]
        [--dtype fp32 bf16] [--peers NAME …] [--rounds 15] [--seconds 2] [--threads 1]
        [--quick] [--json FILE] [--write]

All carry the same weights and compute the same images: outputs are compared before anything is
timed. They take turns, in an order that is reversed every other round. A time is the median of
CPU time on one thread, of elapsed time otherwise; a ratio is a peer's time by ours, so that more
than 1 means that ours is faster. Start-up is the time from the trained model to the first output.
`--quick` is two small networks, batch 1, single precision, and takes less than a minute.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import geometric_mean, median
from tempfile import TemporaryDirectory
from typing import Any

import torch
from eager_vs_torchvision import MOST_ROUNDS, built, clock, machine
from peers import Step, available, exact
from torch import Tensor, nn

from archdsl.cli.main import main as archdsl

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from torchvision_reference import models  # noqa: E402

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
REFERENCES = {"googlenet_bn": "googlenet"}  # torchvision's name, where it is another
BATCHES = {"cpu": [1, 16], "cuda": [1, 32, 256]}
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
TOLERANCES = {"fp32": 1e-4, "bf16": 5e-2, "fp16": 1e-2}  # of the norm of the exact output
QUICK = ["eager", "channels_last", "compile+freezing"]


@dataclass(frozen=True)
class Row:
    """A peer's time by ours; `low` and `high` are the quartiles over the rounds."""

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


# ------------------------------------------------------------------ models


def compiled_files(network: str, folder: Path) -> None:
    """The network's module and engine, compiled into a folder."""
    with redirect_stdout(sys.stderr):
        if archdsl(["compile", network, "--target", "inference", "-o", str(folder)]):
            raise SystemExit(f"{network} does not compile")


def engine_class(path: Path) -> Any:
    """The class of a generated engine."""
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    (found,) = [value for name, value in vars(module).items() if name.endswith("Inference")]
    return found


def trained(model: nn.Module) -> nn.Module:
    """A model in evaluation with statistics such as a training leaves, so that norms matter."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.1)
    return model.eval()


def reference(network: str, ours: nn.Module) -> nn.Module:
    """torchvision's model with our weights; where it has none, the module that we generate."""
    name = REFERENCES.get(network, network)
    if name not in models.list_models():
        return ours
    options = {"init_weights": False, "transform_input": False} if name == "googlenet" else {}
    model: nn.Module = models.get_model(name, **options)
    model.load_state_dict(ours.state_dict(), strict=True)
    return model.eval()


# ------------------------------------------------------------------ one network


def prepared(
    prepare: Callable[[], Step], images: Tensor, device: str
) -> tuple[Step, Tensor, float]:
    """A step, what its first call returns, and the seconds until then."""
    begin = time.perf_counter()
    step = prepare()
    first = step(images)
    if device == "cuda":
        torch.cuda.synchronize()
    return step, first.float().cpu().clone(), time.perf_counter() - begin


def measure(network: str, batch: int, dtype: str, folder: Path, options: Any) -> list[Row]:
    """Ours and every peer that is there, compared and then timed in turn."""
    torch.manual_seed(0)
    model = trained(built(folder / f"{network}.py"))
    engine = engine_class(folder / f"{network}_inference.py")
    (size,) = engine.sizes
    images = torch.randn(batch, *size).to(options.device, DTYPES[dtype])
    expected = model(images.float().cpu())
    state, others = model.state_dict(), reference(network, model)

    def ours() -> Step:
        made = engine.from_state_dict(state, device=options.device, dtype=DTYPES[dtype])
        step: Step = made.capture(batch) if options.device == "cuda" else made
        return step

    steps: dict[str, Step] = {}
    starts: dict[str, float] = {}
    for name, peer in [("ours", None), *available(options.device, DTYPES[dtype])]:
        if options.peers and name not in (*options.peers, "ours"):
            continue
        if isinstance(peer, str):
            print(f"{network} {batch} {dtype} {name}: left out, {peer}", flush=True)
            continue
        make = ours if peer is None else lambda peer=peer: peer(others, images)
        step, found, start = prepared(make, images, options.device)
        error = float((found - expected).norm() / expected.norm())
        if not error <= TOLERANCES[dtype]:
            raise SystemExit(f"{network} {batch} {dtype} {name}: off by {error:.1e}")
        steps[name], starts[name] = step, start
    times = rounds({name: lambda s=step: s(images) for name, step in steps.items()}, options)
    rows = [row(network, batch, dtype, name, times, starts) for name in steps if name != "ours"]
    for found_row in rows:
        print(line(found_row), flush=True)
    return rows


def rounds(steps: dict[str, Callable[[], object]], options: Any) -> dict[str, list[float]]:
    """Seconds of each step in each round; the first round does not count."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    order, number = list(steps), -1
    while number < options.rounds or (
        sum(map(sum, times.values())) < options.seconds * len(steps) and number < MOST_ROUNDS
    ):
        number += 1
        for name in order if number % 2 else reversed(order):
            before = clock(options.device)
            steps[name]()
            spent = clock(options.device) - before
            if number:
                times[name].append(spent)
    return times


def row(
    network: str,
    batch: int,
    dtype: str,
    name: str,
    times: dict[str, list[float]],
    starts: dict[str, float],
) -> Row:
    ratios = sorted(a / b for a, b in zip(times[name], times["ours"], strict=True))
    quarter = len(ratios) // 4
    theirs, own = median(times[name]), median(times["ours"])
    return Row(
        network,
        batch,
        dtype,
        name,
        theirs / own,
        ratios[quarter],
        ratios[-1 - quarter],
        theirs * 1e3,
        own * 1e3,
        starts[name],
        starts["ours"],
    )


# ------------------------------------------------------------------ tables

HEAD = """\
| network | batch | dtype | peer | ratio | quartiles | ms | ours ms | start s | ours s |
|---|---:|---|---|---:|---|---:|---:|---:|---:|"""


def line(row: Row) -> str:
    return (
        f"| {row.network} | {row.batch} | {row.dtype} | {row.peer} | {row.ratio:.3f} "
        f"| {row.low:.2f} to {row.high:.2f} | {row.ms:.2f} | {row.ours_ms:.2f} "
        f"| {row.start_s:.1f} | {row.ours_start_s:.2f} |"
    )


def summary(rows: list[Row]) -> list[str]:
    """The geometric mean over all rows of each peer, and the worst of them."""
    found = []
    for peer in dict.fromkeys(row.peer for row in rows):
        own = [row for row in rows if row.peer == peer]
        worst = min(own, key=lambda row: row.ratio)
        mean = geometric_mean([row.ratio for row in own])
        place = f"{worst.network} {worst.batch} {worst.dtype}"
        found.append(f"{peer}: {mean:.3f} in the geometric mean, least {worst.ratio:.3f} ({place})")
    return found


def page(rows: list[Row], options: Any) -> str:
    """The results as Markdown, with the machine and what was run."""
    lines = "\n".join(map(line, rows))
    means = "\n".join(f"- {text}" for text in summary(rows))
    command = f"python benchmarks/inference.py --device {options.device}"
    title = f"# Inference on {'a GPU' if options.device == 'cuda' else 'a CPU'}"
    about = f"{machine(options.device)}; `{command}`. A ratio is the peer's time by ours."
    return f"{title}\n\n{about}\n\n{means}\n\n{HEAD}\n{lines}\n"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help="default: nine of them")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--batch", type=int, nargs="+")
    parser.add_argument("--dtype", choices=DTYPES, nargs="+", default=["fp32", "bf16"])
    parser.add_argument("--peers", nargs="+", metavar="NAME", help="only these")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=2.0, help="per peer, at least")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--write", action="store_true", help="put the table into results/")
    options = parser.parse_args()
    if options.quick:
        options.networks = options.networks or ["resnet50", "squeezenet1_0"]
        options.batch, options.dtype = options.batch or [1], ["fp32"]
        options.peers = options.peers or QUICK
        options.rounds, options.seconds = 9, 1.0
    options.networks = options.networks or NETWORKS
    options.batch = options.batch or BATCHES[options.device]
    return options


def main() -> int:
    options = arguments()
    torch.set_num_threads(options.threads)
    rows: list[Row] = []
    with TemporaryDirectory() as folder, torch.no_grad(), exact():
        print(HEAD)
        for network in options.networks:
            compiled_files(network, Path(folder))
            for dtype in options.dtype:
                for batch in options.batch:
                    rows += measure(network, batch, dtype, Path(folder), options)
                    torch.compiler.reset()
    print("\n".join(summary(rows)))
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    if options.write:
        name = f"inference_{options.device}.md"
        (ROOT / "benchmarks" / "results" / name).write_text(page(rows, options))
    return 0


if __name__ == "__main__":
    sys.exit(main())
