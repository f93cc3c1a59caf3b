"""Training steps of FractalNet with drop-path: only what is kept, beside computing all branches.

    python benchmarks/drop_path.py [--network fractalnet20] [--batch 8] [--steps 60] [--threads 1]
        [--device cuda] [--dtype fp32|bf16] [--quick] [--write]

    masking        computes all branches, and multiplies those that are left out by zero before the
                   mean: nothing is skipped, neither forwards nor backwards
    computing all  computes all branches, and takes the mean of those kept: autograd by itself goes
                   back through these only

Every step has new coins, as the paper throws them: local drop-path for half of the mini-batches,
one column for the others. The time of a step follows its coins, so that a median would be that of
some coins: what counts is the sum over all steps, of which all sides run each, one after another,
with the same coins, weights and images. A ratio is the peer's sum by ours (above 1: ours is
faster), with the middle 95% of what other draws of as many steps give (bootstrap over steps).
Results and gradients are compared in double precision first. Times are of CPU on one thread, else
elapsed.
"""

from __future__ import annotations

import argparse
import copy
import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from machine import clock, named
from networks import ROOT, built
from torch import Tensor, nn

BAR = 1.5
SAME = 1e-9  # of the norm, in double precision
Side = tuple[nn.Module, torch.optim.Optimizer]


def joins(network: nn.Module) -> list[Any]:
    return [module for module in network.modules() if type(module).__name__ == "Join"]


def throw(network: nn.Module, seed: int) -> None:
    """The coins of one mini-batch for all joins, those that will not be reached among them."""
    torch.manual_seed(seed)
    sys.modules[type(network).__module__].draw_paths(network)  # type: ignore[attr-defined]
    for join in joins(network):
        join.coins = type(join).draw(join)


def live(network: nn.Module) -> nn.Module:
    """The compiled network, with coins thrown beforehand."""
    for join in joins(network):
        join.draw = drawing(join)
    return network


def drawing(join: Any) -> Callable[..., list[bool]]:
    return lambda wanted=True: join.coins if wanted else [False] * join.branches


def computing_all(network: nn.Module) -> nn.Module:
    """The same, where joins ask for all branches and take in those that were kept."""

    def mean(join: Any) -> Callable[..., Tensor]:
        def forward(*branches: Tensor) -> Tensor:
            kept = [branch for branch, keep in zip(branches, join.coins, strict=True) if keep]
            return sum(kept[1:], start=kept[0]) / len(kept)

        return forward

    return with_all(network, mean)


def masking(network: nn.Module) -> nn.Module:
    """The same, where joins ask for all branches and multiply each by its coin."""

    def mean(join: Any) -> Callable[..., Tensor]:
        def forward(*branches: Tensor) -> Tensor:
            masked = [branch * coin for branch, coin in zip(branches, join.coins, strict=True)]
            return sum(masked[1:], start=masked[0]) / sum(join.coins)

        return forward

    return with_all(network, mean)


def with_all(network: nn.Module, mean: Callable[[Any], Callable[..., Tensor]]) -> nn.Module:
    for join in joins(network):
        join.draw = lambda wanted=True, join=join: [True] * join.branches
        join.forward = mean(join)
    return network


SIDES = {"live": live, "masking": masking, "computing all": computing_all}


# ------------------------------------------------------------------ steps


def step(side: Side, seed: int, images: Tensor, labels: Tensor, dtype: str) -> None:
    """Coins, forward, backward and an update with momentum."""
    model, optimizer = side
    throw(model, seed)
    optimizer.zero_grad(set_to_none=True)
    with torch.autocast(images.device.type, torch.bfloat16, enabled=dtype == "bf16"):
        loss = nn.functional.cross_entropy(model(images), labels)
    loss.backward()
    optimizer.step()


def outcome(model: nn.Module, seed: int) -> tuple[Tensor, Tensor]:
    """Result and gradients in double precision, without dropout; no gradient is one of zeros."""
    exact = copy.deepcopy(model).cpu().double().train()
    for module in exact.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    exact = SIDES[model.side](exact)  # type: ignore[index]
    throw(exact, seed)
    result = exact(torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0)).double())
    result.square().sum().backward()
    parts = [torch.zeros_like(w) if w.grad is None else w.grad for w in exact.parameters()]
    return result.detach(), torch.cat([part.flatten() for part in parts])


def compare(models: Sequence[nn.Module]) -> None:
    for seed in range(4):
        expected, *others = (outcome(model, seed) for model in models)
        for found in others:
            for a, b in zip(found, expected, strict=True):
                if not float((a - b).norm()) <= SAME * float(b.norm()):
                    raise SystemExit("the sides compute different functions")


def times(options: argparse.Namespace) -> dict[str, list[float]]:
    """Seconds of each step of each side, with the same coins for all."""
    torch.manual_seed(0)
    first = built(ROOT / "generated" / f"{options.network}.py")
    sides: dict[str, Side] = {}
    for name, patch in SIDES.items():
        model = copy.deepcopy(first)
        model.side = name  # type: ignore[assignment]
        model = patch(model).to(options.device, memory_format=torch.channels_last).train()
        sides[name] = model, torch.optim.SGD(model.parameters(), lr=1e-4, momentum=0.9)
    compare([model for model, _ in sides.values()])
    images = torch.randn(options.batch, 3, 32, 32, device=options.device)
    images = images.to(memory_format=torch.channels_last)
    labels = torch.randint(0, 10, (options.batch,), device=options.device)
    found: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(-2, options.steps):  # the first two warm up
        for name in list(sides)[:: 1 if number % 2 else -1]:
            before = clock(options.device)
            step(sides[name], number + 1000, images, labels, options.dtype)
            found[name] += [clock(options.device) - before] if number >= 0 else []
    return found


# ------------------------------------------------------------------ the table


def interval(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, float]:
    """The middle 95% of the ratio of sums, for steps drawn from those that there were."""
    chance = random.Random(0)
    ratios = []
    for _ in range(2000):
        drawn = chance.choices(range(len(ours)), k=len(ours))
        ratios.append(sum(theirs[i] for i in drawn) / sum(ours[i] for i in drawn))
    return sorted(ratios)[50], sorted(ratios)[-50]


def table(found: dict[str, list[float]], options: argparse.Namespace) -> list[str]:
    ours = found.pop("live")
    lines = [
        "# Training steps of FractalNet with drop-path",
        "",
        f"{named(options.device)}; {options.network}, batch {options.batch}, 32x32, "
        f"{options.dtype}, channels last; {options.steps} steps with as many draws, half-local and "
        f"half-global. Ours takes {sum(ours) / len(ours) * 1e3:.0f} ms a step in the mean. A ratio "
        "is the peer's sum of all steps by ours (above 1: ours is faster), with the middle 95% of "
        f"other draws. The bar is {BAR} beside masking; beside computing all it is out of "
        "reach, since autograd leaves out backward, two thirds of a step, by itself.",
        "",
        "| beside | ms | ratio | 95% |",
        "|---|--:|--:|--:|",
    ]
    for name, theirs in found.items():
        low, high = interval(ours, theirs)
        mean, ratio = sum(theirs) / len(theirs), sum(theirs) / sum(ours)
        lines.append(f"| {name} | {mean * 1e3:.0f} | {ratio:.2f} | {low:.2f} to {high:.2f} |")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--network", choices=("fractalnet20", "fractalnet40"), default="fractalnet20"
    )
    parser.add_argument("--batch", type=int)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", choices=("fp32", "bf16"), default="fp32")
    parser.add_argument("--quick", action="store_true", help="few steps of small batches")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    options.batch = options.batch or (8 if options.device == "cpu" else 256)
    if options.quick:
        options.batch, options.steps = 2, 4
    torch.set_num_threads(options.threads)
    lines = table(times(options), options)
    text = "\n".join([*lines, "", f"`python {' '.join(sys.argv)}`"]) + "\n"
    print(text, end="")
    if options.write:
        kind = "cuda" if options.device.startswith("cuda") else "cpu"
        page = Path(ROOT) / "benchmarks" / "results" / f"drop_path_{kind}.md"
        page.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
