"""Training steps of compiled networks beside the same step without what the compiler does for it.

    python benchmarks/training.py [CASE …] [--batch 8] [--size 64] [--rounds 9] [--seconds 4]
        [--threads 1] [--device cuda] [--dtype fp32|bf16] [--peers eager compile reduce-overhead]
        [--minutes 9] [--quick] [--json FILE] [--write]

    stochastic_depth  ResNet-50, rates 0 to 0.5: paths left out are skipped; beside masking them
    dense             DenseNet-121 with --checkpoint dense; beside the same network without
    resnet50          the compiled network; beside torchvision's

Both sides carry the same weights and see the same four batches in rotation; losses and gradients
are compared in double precision before anything is timed. The peer also runs compiled by
torch.compile, and with its CUDA graphs. All take turns, in an order that is reversed every other
round. Times are taken as in `inference.py`. A ratio is the peer's time or memory by ours, so that
more than 1 means that ours is faster, or holds less. bf16 is automatic mixed precision. `--write`
adds the rows to the table in `benchmarks/results/`.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shlex import join
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import machine
import records
import torch
from budget import Budget
from eager_vs_torchvision import peak
from networks import built, models, pictures, written
from peers import exact, own_code
from torch import Tensor, nn
from training_page import HEAD, Row, line, page

Batch = tuple[Tensor, Tensor]  # images and their classes
ROTATING = 4
ROUNDS = 4.0  # times `seconds` that a side takes in its rounds, at most, and to be warmed up
SAME = 1e-9  # of the norm, in double precision


# ------------------------------------------------------------------ cases


def compiled(network: str, folder: Path, *options: str) -> nn.Module:
    """A network of the library, or of a file, as `archdsl compile` writes it."""
    return built(written(network, folder, *options))


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
            module.scaled, module.kept = masked(module), lambda: True
    return "masking", ours, masking


def masked(path: Any) -> Callable[[Tensor], Tensor]:
    """A path's value, or zeros, once it has been computed; the coin is thrown where that is."""
    scaled = path.scaled

    def value(x: Tensor) -> Tensor:
        coin = torch.rand((), device=x.device) >= path.p if path.training else 1
        result: Tensor = scaled(x) * coin
        return result

    return value


def dense(folder: Path) -> tuple[str, nn.Module, nn.Module]:
    plain = compiled("densenet121", folder)
    return "no checkpoint", compiled("densenet121", folder, "--checkpoint", "dense"), plain


def resnet50(folder: Path) -> tuple[str, nn.Module, nn.Module]:
    return "torchvision", compiled("resnet50", folder), models.get_model("resnet50")


CASES = {"stochastic_depth": stochastic_depth, "dense": dense, "resnet50": resnet50}


# ------------------------------------------------------------------ steps


def training_step(call: Callable[..., Any], model: nn.Module, dtype: str) -> Callable[[Batch], Any]:
    """Forward, backward and an update with momentum, by the fused optimiser where there is one."""
    device = next(model.parameters()).device.type
    fused = {"fused": True} if device == "cuda" else {"foreach": True}
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4, momentum=0.9, **fused)
    for weight in model.parameters():  # the fused one begins all momenta at once, skipped or not
        weight.grad = torch.zeros_like(weight)
    optimizer.step()

    def step(batch: Batch) -> Tensor:
        images, labels = batch
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(device, torch.bfloat16, enabled=dtype == "bf16"):
            loss = nn.functional.cross_entropy(call(images), labels)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def eager(model: nn.Module) -> Callable[..., Any]:
    return model


def torch_compiled(model: nn.Module) -> Callable[..., Any]:
    return torch.compile(own_code(model))


def reduced_overhead(model: nn.Module) -> Callable[..., Any]:
    """Compiled, under the compiler's own CUDA graphs."""
    call = torch.compile(own_code(model), mode="reduce-overhead")

    def begun(images: Tensor) -> Any:
        torch.compiler.cudagraph_mark_step_begin()
        return call(images)

    return begun


PEERS = {"eager": eager, "compile": torch_compiled, "reduce-overhead": reduced_overhead}


def outcome(model: nn.Module, images: Tensor) -> list[Tensor]:
    """What a model computes in double precision: results in evaluation and in training, and all
    gradients as one; zeros where a path was skipped. Training comes last, since masking also counts
    what it masks in running statistics."""
    model.double().eval()
    with torch.no_grad():
        looked = model(images)
    torch.manual_seed(1)
    learned = model.train()(images)
    nn.functional.cross_entropy(learned, torch.arange(len(images))).backward()
    parts = [torch.zeros_like(w) if w.grad is None else w.grad for w in model.parameters()]
    gradient = torch.cat([part.flatten() for part in parts])
    model.zero_grad(set_to_none=True)
    model.float()
    return [looked, learned.detach(), gradient]


def compare(ours: nn.Module, peer: nn.Module, images: Tensor) -> None:
    """Both compute the same, for the same coins."""
    for a, b in zip(outcome(ours, images), outcome(peer, images), strict=True):
        if not float((a - b).norm()) <= SAME * float(b.norm()):
            raise SystemExit("the two sides compute different functions")


# ------------------------------------------------------------------ one case


@dataclass(frozen=True)
class Prepared:
    """A side that trains: seconds to the end of its first step, and MiB that a step holds."""

    model: nn.Module
    form: str
    step: Callable[[Batch], Any]
    start: float
    mib: float | None


def prepared(
    model: nn.Module, form: str, given: list[Batch], options: argparse.Namespace
) -> Prepared:
    """A side after its first step."""
    before = machine.reserved(options.device)
    model.to(options.device, memory_format=torch.channels_last).train()
    begin = time.perf_counter()
    step = training_step(PEERS[form](model), model, options.dtype)
    loss = step(given[0])
    machine.synchronize(options.device)
    start = time.perf_counter() - begin
    if not loss.isfinite():
        raise ValueError(f"the loss is {float(loss)}")
    torch.manual_seed(2)  # the same coins
    mib = machine.most_reserved(partial(step, given[0]), before, options.device)
    return Prepared(model, form, step, start, mib)


def held(side: Prepared, batch: Batch, device: str) -> float | None:
    """MiB of a step: on a GPU those reserved, on a CPU those of live values, weights apart."""
    if device == "cuda" or side.form != "eager":
        return side.mib
    torch.manual_seed(2)
    known = [*side.model.parameters(), *side.model.buffers(), *batch]
    return peak(partial(side.step, batch), known, device) / 2**20


def batches(options: argparse.Namespace) -> list[Batch]:
    """Images and classes at random, where and as all are given them."""

    def drawn() -> Batch:
        images = pictures(options.batch, (3, options.size, options.size), options.device)
        labels = torch.randint(10, (options.batch,), device=options.device)
        return images.contiguous(memory_format=torch.channels_last), labels

    return [drawn() for _ in range(ROTATING)]


def measure(case: str, folder: Path, options: argparse.Namespace, budget: Budget) -> list[Row]:
    """Ours and the peer in all its forms that fit, compared and then timed in turn."""
    torch.manual_seed(0)
    peer, ours, theirs = CASES[case](folder)
    state = {key: value.clone() for key, value in ours.state_dict().items()}
    theirs.load_state_dict(state)
    compare(ours, theirs, pictures(4, (3, options.size, options.size), "cpu").double())
    given = batches(options)

    def prepare(model: nn.Module, form: str) -> Prepared:
        model.load_state_dict(state)
        return prepared(model, form, given, options)

    ready = {"ours": prepare(ours, "eager")}
    say(case, "ours", ready["ours"])
    ops = 2 * len(list(ours.modules()))  # forward and backward
    for form in options.peers:
        name = peer if form == "eager" else f"{peer}, {form}"
        reserve = 5 + ROUNDS * options.seconds * (len(ready) + 1)
        found = budget.attempt(
            form, ops, reserve, lambda f=form: prepare(CASES[case](folder)[2], f)
        )
        say(case, name, found)
        if isinstance(found, Prepared):
            ready[name] = found
    steps = {name: machine.rotating(side.step, given) for name, side in ready.items()}
    times = machine.in_turn(steps, options.rounds, options.seconds, options.device)
    mib = {name: held(side, given[0], options.device) for name, side in ready.items()}
    about = (case, options.batch, options.size, options.dtype)
    where = (machine.named(options.device), options.command)
    own = (median(times["ours"]) * 1e3, mib["ours"])

    def row(name: str) -> Row:
        ratio, low, high = machine.ratio(times[name], times["ours"])
        theirs, ours = mib[name], mib["ours"]
        memory = theirs / ours if theirs and ours else None
        return Row(*about, name, ratio, memory, *own, low, high, ready[name].start, *where)

    return [row(name) for name in ready if name != "ours"]


def say(case: str, name: str, found: Prepared | str) -> None:
    left_out = f"left out, {found}"
    text = left_out if isinstance(found, str) else f"first step after {found.start:.1f} s"
    print(f"{case} {name}: {text}", flush=True)


# ------------------------------------------------------------------ the command

USUAL: dict[str, dict[str, Any]] = {
    "cpu": {
        "batch": 8,
        "size": 64,
        "rounds": 9,
        "seconds": 4.0,
        "threads": 1,
        "dtype": "fp32",
        "peers": ["eager"],
    },
    "cuda": {
        "batch": 256,
        "size": 224,
        "rounds": 15,
        "seconds": 1.5,
        "minutes": 9.0,
        "dtype": "bf16",
        "peers": list(PEERS),
    },
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cases", nargs="*", metavar="CASE", default=list(CASES))
    parser.add_argument("--batch", type=int)
    parser.add_argument("--size", type=int)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float, help="per side, at least")
    parser.add_argument("--threads", type=int, help="default: 1 on a CPU")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--dtype", choices=("fp32", "bf16"))
    parser.add_argument("--peers", nargs="+", choices=PEERS, help="forms of the peer")
    parser.add_argument("--minutes", type=float, help="that all may take; on a GPU: 9")
    parser.add_argument("--quick", action="store_true", help="few rounds of small batches")
    parser.add_argument("--json", metavar="FILE", type=Path, help="add the rows to a file")
    parser.add_argument("--write", action="store_true", help="add the rows to results/")
    options = parser.parse_args()
    if options.device == "cuda" and not torch.cuda.is_available():
        parser.error("PyTorch finds no GPU here")
    for case in options.cases:
        if case not in CASES:
            parser.error(f"no case {case!r}: {', '.join(CASES)}")
    options.command = f"python benchmarks/training.py {join(sys.argv[1:])}".strip()
    quick = {"batch": 2, "rounds": 3, "seconds": 0.1} if options.quick else {}
    for name, value in ({**USUAL[options.device], **quick}).items():
        setattr(options, name, getattr(options, name) or value)
    return options


def main() -> int:
    options = arguments()
    budget = Budget(options.minutes)
    if options.threads:
        torch.set_num_threads(options.threads)
    print(HEAD)
    with TemporaryDirectory() as folder, exact():
        os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", f"{folder}/inductor")
        for case in options.cases:
            rows = measure(case, Path(folder), options, budget)
            print(*map(line, rows), sep="\n", flush=True)
            if options.json:
                records.save(options.json, rows, Row)
            if options.write:
                records.publish(f"training_{options.device}", rows, Row, page)
            torch.compiler.reset()
    return 0


if __name__ == "__main__":
    sys.exit(main())
