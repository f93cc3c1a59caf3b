"""Training steps of compiled networks beside the same step without what the compiler does for it.

    python benchmarks/training.py [CASE …] [--batch 8] [--size 64] [--rounds 9] [--seconds 4]
        [--threads 1] [--device cuda] [--dtype fp32|bf16] [--quick] [--json FILE] [--write]

    stochastic_depth  ResNet-50, rates 0 to 0.5: paths left out are skipped; beside masking them
    dense             DenseNet-121 with --checkpoint dense; beside the same network without
    resnet50          the compiled network; beside torchvision's

Both sides carry the same weights and see the same batches; what they compute is compared before
anything is timed. They take turns, the first of a round being last in the next. A time is a median:
of CPU time on one thread, of elapsed time otherwise. A ratio is the peer's time or memory by ours,
so that more than 1 means that ours is faster, or holds less. bf16 is automatic mixed precision.
`--write` puts the table into `benchmarks/results/`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from eager_vs_torchvision import ROOT, Step, built, machine, medians, peak
from torch import Tensor, nn

from archdsl.cli.main import main as archdsl

sys.path.insert(0, str(ROOT / "tests"))
from torchvision_reference import models


@dataclass(frozen=True)
class Row:
    """A peer's time and memory by ours; `ms` and `mib` are ours."""

    network: str
    batch: int
    dtype: str
    peer: str
    ratio: float
    memory_ratio: float
    ms: float
    mib: float


# ------------------------------------------------------------------ cases


def compiled(network: str, folder: Path, *options: str) -> nn.Module:
    """A network of the library, or of a file, as `archdsl compile` writes it."""
    with redirect_stdout(sys.stderr):
        if archdsl(["compile", network, *options, "-o", str(folder)]):
            raise SystemExit(f"{network} does not compile")
    name = Path(network).stem
    return built(folder / f"{name}.py")


def stochastic_depth(folder: Path) -> tuple[str, nn.Module, nn.Module]:
    """Skipping, and multiplying every path by its coin, as torchvision and timm do."""
    source = folder / "stochastic_resnet50.arch"
    source.write_text(
        "from resnet import resnet50, bottleneck\n"
        "network stochastic_resnet50 = resnet50(unit=bottleneck(drop=0.5))\n"
    )
    ours = compiled(str(source), folder)
    masking = built(folder / "stochastic_resnet50.py")
    for module in masking.modules():
        if hasattr(module, "kept"):
            module.scaled = masked(module.kept, module.scaled)
            module.kept = lambda: True
    return "masking", ours, masking


def masked(coin: Callable[[], bool], scaled: Callable[[Tensor], Tensor]) -> Any:
    """A path's value, or zeros, once it has been computed."""
    return lambda x: scaled(x) * float(coin())


def dense(folder: Path) -> tuple[str, nn.Module, nn.Module]:
    plain = compiled("densenet121", folder)
    return "no checkpoint", compiled("densenet121", folder, "--checkpoint", "dense"), plain


def resnet50(folder: Path) -> tuple[str, nn.Module, nn.Module]:
    return "torchvision", compiled("resnet50", folder), models.get_model("resnet50")


CASES = {"stochastic_depth": stochastic_depth, "dense": dense, "resnet50": resnet50}


# ------------------------------------------------------------------ steps


def training_step(model: nn.Module, images: Tensor, labels: Tensor, dtype: str) -> Step:
    """Forward, backward and an update with momentum, by the fused optimiser where there is one."""
    fused = {"fused": True} if images.device.type == "cuda" else {"foreach": True}
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4, momentum=0.9, **fused)

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(images.device.type, torch.bfloat16, enabled=dtype == "bf16"):
            loss = nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()

    return step


def compare(ours: nn.Module, peer: nn.Module, images: Tensor) -> None:
    """Both give the same outputs, in training for the same coins: that comes last, since masking
    also counts what it masks in running statistics."""
    for training in (False, True):
        results = []
        for model in (ours, peer):
            torch.manual_seed(1)
            with torch.no_grad():
                results.append(model.train(training)(images).float())
        if not torch.allclose(*results, rtol=1e-3, atol=1e-3):
            raise SystemExit("the two sides compute different functions")


def measure(case: str, folder: Path, options: argparse.Namespace) -> Row:
    torch.manual_seed(0)
    peer, ours, theirs = CASES[case](folder)
    theirs.load_state_dict(ours.state_dict(), strict=True)
    pair = [model.to(options.device, memory_format=torch.channels_last) for model in (ours, theirs)]
    size = (options.batch, 3, options.size, options.size)
    images = torch.randn(size, device=options.device).to(memory_format=torch.channels_last)
    labels = torch.randint(0, 1000, (options.batch,), device=options.device)
    compare(*pair, images)
    theirs.load_state_dict(ours.state_dict(), strict=True)
    steps = [training_step(model.train(), images, labels, options.dtype) for model in pair]
    own, other = medians(steps, options.rounds, options.seconds, options.device)
    held = []
    for model, step in zip(pair, steps, strict=True):
        torch.manual_seed(2)
        known = [*model.parameters(), *model.buffers(), images, labels]
        held.append(peak(step, known, options.device))
    ratio, memory = other / own, held[1] / held[0]
    return Row(case, options.batch, options.dtype, peer, ratio, memory, own * 1e3, held[0] / 2**20)


# ------------------------------------------------------------------ the table


def table(rows: list[Row], options: argparse.Namespace) -> Iterator[str]:
    yield "# Training steps"
    yield ""
    yield (
        f"{machine(options.device)}; batch {options.batch}, {options.size}x{options.size}, "
        f"{options.dtype}, channels last. Milliseconds and MiB are ours; a ratio is the peer's by "
        "ours (above 1: ours is faster, or holds less). The bars are 1.25 in time for "
        "stochastic_depth, and 1.82 in memory (ours at most 0.55 of the peer's) for dense."
    )
    yield ""
    yield "| case | beside | ms | ratio | MiB | ratio |"
    yield "|---|---|--:|--:|--:|--:|"
    for row in rows:
        yield (
            f"| {row.network} | {row.peer} | {row.ms:.1f} | {row.ratio:.2f} "
            f"| {row.mib:.1f} | {row.memory_ratio:.2f} |"
        )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cases", nargs="*", metavar="CASE", default=list(CASES))
    parser.add_argument("--batch", type=int)
    parser.add_argument("--size", type=int)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", choices=("fp32", "bf16"), default="fp32")
    parser.add_argument("--quick", action="store_true", help="few rounds of small batches")
    parser.add_argument("--json", metavar="FILE", type=Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    for case in options.cases:
        if case not in CASES:
            parser.error(f"no case {case!r}: {', '.join(CASES)}")
    small = options.device == "cpu"
    options.batch = options.batch or (8 if small else 256)
    options.size = options.size or (64 if small else 224)
    if options.quick:
        options.batch, options.rounds, options.seconds = 2, 3, 0
    torch.set_num_threads(options.threads)
    with TemporaryDirectory() as folder:
        rows = [measure(case, Path(folder), options) for case in options.cases]
    text = "\n".join([*table(rows, options), "", f"`python {' '.join(sys.argv)}`"]) + "\n"
    print(text, end="")
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")
    if options.write:
        kind = "cuda" if options.device.startswith("cuda") else "cpu"
        (ROOT / "benchmarks" / "results" / f"training_{kind}.md").write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
