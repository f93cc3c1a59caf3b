"""Feeds mutated and generated programs to the compiler: `python -m tests.fuzz --count 10000`.

Every input must end in success or in findings; what is emitted must be Python; of a part, all
forms are run and compared with the graph. An input is repeatable by its kind and seed. The
smallest text of every kind of failure is printed, and kept with `--keep FOLDER`.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from tests.fuzz.mutations import corpus, mutated_tokens, mutated_tree
from tests.fuzz.outcomes import Wrong, outcome
from tests.programs import Options, program

SECONDS = 20  # of processor time for one input


def _of_corpus(rng: random.Random) -> str:
    return rng.choice(corpus())


def _program(rng: random.Random) -> str:
    return program(rng, Options(size=rng.choice([2, 3, 4, 6, 8, 12, 20])))


KINDS: dict[str, Callable[[random.Random], str]] = {
    "tokens": lambda rng: mutated_tokens(rng, _of_corpus(rng)),
    "tree": lambda rng: mutated_tree(rng, _of_corpus(rng)),
    "programs": _program,
    "exact": lambda rng: program(rng, Options(certain=True, conditioned=True, size=10)),
    "program-tokens": lambda rng: mutated_tokens(rng, _program(rng)),
    "program-tree": lambda rng: mutated_tree(rng, _program(rng)),
}


@dataclass
class Tally:
    """What became of the inputs: outcomes, and the smallest text of every kind of failure."""

    outcomes: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    smallest: dict[str, tuple[str, str]] = field(default_factory=dict)  # text, how to repeat it

    def fail(self, why: str, text: str, repeat: str) -> None:
        self.failures[why] += 1
        if why not in self.smallest or len(text) < len(self.smallest[why][0]):
            self.smallest[why] = (text, repeat)

    def add(self, other: Tally) -> None:
        self.outcomes += other.outcomes
        for why, (text, repeat) in other.smallest.items():
            self.fail(why, text, repeat)
            self.failures[why] += other.failures[why] - 1


def one(kind: str, seed: int, run: float, tally: Tally) -> None:
    """Makes one input, feeds it in, and counts what became of it."""
    rng = random.Random(f"{kind} {seed}")
    text = KINDS[kind](rng)
    try:
        tally.outcomes[outcome(text, rng, run)] += 1
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        tally.fail(_reason(error), text, f"--kinds {kind} --seed {seed} --count 1")


def _reason(error: BaseException) -> str:
    """Stage, type and the innermost place in the compiler: equal for one fault."""
    stage = ", ".join(getattr(error, "__notes__", ["before check"]))
    if isinstance(error, Wrong):
        return f"{stage}: {error}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "/archdsl/" in frame.filename] or frames
    place = f"{Path(own[-1].filename).stem}.{own[-1].name}" if own else "?"
    message = str(error).splitlines()[0][:90] if str(error) else ""
    return f"{stage}: {type(error).__name__} in {place}: {_without_numbers(message)}"


def _without_numbers(message: str) -> str:
    return "".join("N" if letter.isdigit() else letter for letter in message).replace("NN", "N")


def _out_of_time(*_: object) -> None:
    raise Wrong(f"more than {SECONDS} s of processor time")


def many(work: tuple[list[str], int, int, float]) -> Tally:
    """Feeds in the inputs of a range of seeds, for each kind in turn."""
    kinds, seed, count, run = work
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGPROF, _out_of_time)
    if run:
        import torch

        torch.set_num_threads(1)
    tally = Tally()
    for number in range(seed, seed + count):
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        one(kinds[number % len(kinds)], number, run, tally)
    signal.setitimer(signal.ITIMER_PROF, 0)
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--count", type=int, default=1_000, help="how many inputs")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--run", type=float, default=0.05, help="the part that is also run")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--keep", type=Path, help="a folder for the smallest failing texts")
    options = parser.parse_args()
    begin = time.monotonic()
    tally = Tally()
    step = 200
    work = [
        (options.kinds, first, min(step, options.seed + options.count - first), options.run)
        for first in range(options.seed, options.seed + options.count, step)
    ]
    if options.jobs == 1:
        for part in map(many, work):
            tally.add(part)
    else:
        with get_context("spawn").Pool(options.jobs) as pool:
            for part in pool.imap_unordered(many, work):
                tally.add(part)
    report(tally, options.keep, options.count, time.monotonic() - begin)
    return int(bool(tally.failures))


def report(tally: Tally, keep: Path | None, count: int, seconds: float) -> None:
    """Prints every kind of failure with its smallest text, then the summary."""
    for number, (why, times) in enumerate(tally.failures.most_common()):
        text, repeat = tally.smallest[why]
        print(f"---- {times} times: {why}\n# {repeat}\n{text[:3_000]}\n", file=sys.stderr)
        if keep:
            keep.mkdir(parents=True, exist_ok=True)
            (keep / f"{number:02}.arch").write_text(f"# {why}\n# {repeat}\n{text}", "utf-8")
    outcomes = ", ".join(f"{times} {name}" for name, times in sorted(tally.outcomes.items()))
    print(
        f"{count} inputs in {seconds:.0f} s ({count / seconds:.0f}/s): {outcomes}; "
        f"{sum(tally.failures.values())} failures of {len(tally.failures)} kinds"
    )


if __name__ == "__main__":
    sys.exit(main())
