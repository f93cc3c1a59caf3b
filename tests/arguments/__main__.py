"""Proves generated classes and factories for other arguments: `python -m tests.arguments`."""

from __future__ import annotations

import argparse
import random
import sys
import time

from archdsl import files
from archdsl.diagnostics import Source
from tests.arguments.networks import prove_classes, prove_settings
from tests.arguments.programs import expressions
from tests.arguments.proof import Effort, Proof


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("networks", nargs="*", help="of the shipped library; without any: all")
    parser.add_argument("--calls", type=int, default=Effort.calls, help="calls of a class")
    parser.add_argument("--heaviest", type=int, default=Effort.heaviest, help="weights to compute")
    parser.add_argument("--programs", type=int, default=0, help="random programs beside them")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    effort = Effort(options.calls, heaviest=options.heaviest, seed=options.seed)
    total = Proof()
    shipped = files.shipped_networks()
    names = [name for name in shipped if not options.networks or name in options.networks]
    work = [(name, files.source(shipped[name]), name) for name in names]
    for number in range(options.seed, options.seed + options.programs):
        text = expressions(random.Random(number))
        work.append((f"program {number}", Source("program.arch", text), "net"))
    for shown, source, name in work:
        begin = time.monotonic()
        proof = Proof(seen=total.seen if name == shown else set())
        prove_classes(source, files.library(), name, proof, effort)
        prove_settings(source, files.library(), name, proof, effort)
        print(f"{shown} ({time.monotonic() - begin:.1f} s): {proof.words()}", flush=True)
        total.faults += proof.faults
    return int(bool(total.faults))


if __name__ == "__main__":
    sys.exit(main())
