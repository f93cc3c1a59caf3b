"""Inference engines beside what else runs the same network: eager, compiled, other runtimes.

    python benchmarks/inference.py [NETWORK …] [--device cpu|cuda] [--batch 1 16]
        [--dtype fp32 bf16] [--peers NAME …] [--rounds 15] [--seconds 2] [--threads 1]
        [--minutes 9] [--quick] [--json FILE] [--write] [--layers]

All carry the same weights and compute the same images: before anything is timed, outputs for
fresh images are compared with those of the trained module in single precision, after a run on
numbers that are none, and with free memory full of such. They take turns, in an order that is
reversed every other round, on four batches in rotation. A time is between events on a GPU; on a
CPU it is CPU time on one thread, else elapsed time. A ratio is a peer's time by ours, so that more
than 1 means that ours is faster. Start-up is the time from the trained model to the first output.

On a GPU a command takes 9 minutes: a peer that would not fit is left out, and said so. Results are
written after every network, beside those of earlier commands. `--quick` is two small networks,
batch 1, single precision, and takes less than a minute. `--layers` is another table: what each
convolution of a network takes by the operators that could compute it.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from functools import cache, partial
from itertools import product
from pathlib import Path
from shlex import join
from tempfile import TemporaryDirectory

import layers
import machine
import records
import torch
from budget import Budget
from engine_bench import DTYPES, Bench
from inference_page import HEAD, NETWORKS, Row, line, page, summary
from networks import subject
from peers import PEERS, USUAL, exact

QUICK = ["eager", "channels_last", "eager+graph", "compile+freezing"]
LEAST = 20  # seconds that are not worth beginning a network


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help="default: nine of them")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--batch", type=int, nargs="+")
    parser.add_argument("--dtype", choices=DTYPES, nargs="+")
    parser.add_argument("--peers", nargs="+", choices=PEERS, metavar="NAME", help="only these")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, help="per peer, at least")
    parser.add_argument("--threads", type=int, help="default: 1 on a CPU")
    parser.add_argument("--minutes", type=float, help="that all may take; on a GPU: 9")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", type=Path, metavar="FILE", help="add the rows to a file")
    parser.add_argument("--write", action="store_true", help="add the rows to results/")
    parser.add_argument("--layers", action="store_true", help="the convolutions, one by one")
    options = parser.parse_args()
    if options.device == "cuda" and not torch.cuda.is_available():
        parser.error("PyTorch finds no GPU here")
    options.command = f"python benchmarks/inference.py {join(sys.argv[1:])}".strip()
    if options.quick:
        options.networks = options.networks or ["resnet50", "squeezenet1_0"]
        options.batch, options.dtype = options.batch or [1], options.dtype or ["fp32"]
        options.peers = options.peers or QUICK
        options.rounds, options.seconds = 9, options.seconds or 0.25
    usual = {
        "cpu": {"batch": [1, 16], "dtype": ["fp32", "bf16"], "seconds": 2.0, "threads": 1},
        "cuda": {"batch": [256, 1, 32], "dtype": ["bf16"], "seconds": 0.75, "minutes": 9.0},
    }[options.device]
    usual |= {"networks": NETWORKS, "peers": USUAL[options.device]}
    for name, value in usual.items():
        setattr(options, name, getattr(options, name) or value)
    return options


def keep(rows: list[Row], options: argparse.Namespace) -> None:
    """Adds rows to the files that were asked for."""
    if options.json:
        records.save(options.json, rows, Row)
    if options.write:
        name = f"inference_{options.device}"
        records.publish(name, rows, Row, partial(page, device=options.device))


def run(options: argparse.Namespace, budget: Budget, folder: Path) -> bool:
    """Measures and prints everything that fits; whether all engines did what they should."""
    well, rows = True, list[Row]()
    rates = {name: machine.ceilings(options.device, DTYPES[name]) for name in options.dtype}
    for name, each in rates.items():
        reached = f"{each.flops / 1e12:.4g} TFLOP/s in {name}, {each.bandwidth / 1e12:.3g} TB/s"
        print(f"{machine.named(options.device)}: {reached}", flush=True)
    print(HEAD)
    made = cache(lambda network: subject(network, folder))
    for batch, network, dtype in product(options.batch, options.networks, options.dtype):
        if budget.left < LEAST:
            print(f"{network} {batch} {dtype}: left out, {budget.left:.0f} s are left", flush=True)
            continue
        torch.manual_seed(0)
        try:
            bench = Bench(made(network), batch, dtype, options)
            found = bench.measured(budget, rates[dtype])
        except Exception:  # the others are still worth their time
            traceback.print_exc()
            well, found = False, []
        print(*map(line, found), sep="\n", flush=True)
        keep(found, options)
        rows += found
        torch.compiler.reset()
    print("\n".join(["", *summary(rows)]))
    return well


def main() -> int:
    options = arguments()
    budget = Budget(options.minutes)
    if options.threads:
        torch.set_num_threads(options.threads)
    with TemporaryDirectory() as folder, torch.no_grad(), exact():
        # What is kept from earlier commands would make start-ups look short: only on request.
        os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", f"{folder}/inductor")
        if options.layers:
            layers.run((subject(n, Path(folder)) for n in options.networks), options, DTYPES)
            return 0
        return int(not run(options, budget, Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
