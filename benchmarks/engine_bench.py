"""One network, one batch size, one type: the engine and its peers, compared and timed in turn."""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from functools import partial
from statistics import median

import machine
import torch
from budget import Budget
from inference_page import Row
from networks import Subject, pictures, reference
from peers import PEERS, Peer, Step, fresh, missing
from torch import Tensor, nn

from archdsl.analyses.roofline import Rates

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
# Of the norm of the exact output, or twice what PyTorch's own layers are off in one of their
# layouts: deep networks make much of roundings.
TOLERANCES = {"fp32": 1e-4, "bf16": 1e-2, "fp16": 2e-3}
LAYOUTS = {"cpu": torch.contiguous_format, "cuda": torch.channels_last}  # of what all are given
ROTATING = 4  # batches: of 256 images each is larger than a GPU's cache
ROUNDS = 4.0  # times `seconds` that a step takes in its rounds, at most, and to be warmed up


@dataclass(frozen=True)
class Prepared:
    """A peer that computes the right thing: seconds to its first output and of the next few, MiB
    that it holds, its error."""

    step: Step
    start: float
    seconds: float
    mib: float | None
    error: float


class Wrong(Exception):  # noqa: N818
    """What a peer computes is not what the network does."""


@dataclass
class Bench:
    """One network at one batch size in one type, and the images that all compute."""

    of: Subject
    batch: int
    dtype: str
    options: argparse.Namespace

    def __post_init__(self) -> None:
        self.device: str = self.options.device
        self.images = [self.drawn() for _ in range(ROTATING)]
        self.probe = self.drawn()
        self.expected = self.plain(self.probe.double(), torch.contiguous_format)
        layouts = (torch.contiguous_format, torch.channels_last)
        rounded = [self.error(self.plain(self.probe, layout)) for layout in layouts]
        self.limit = max(TOLERANCES[self.dtype], 2 * max(rounded))

    def __str__(self) -> str:
        return f"{self.of.name} {self.batch} {self.dtype}"

    def drawn(self) -> Tensor:
        """Images at random, where and as all are given them."""
        images = pictures(self.batch, self.of.size, self.device).to(DTYPES[self.dtype])
        return images.contiguous(memory_format=LAYOUTS[self.device])

    def plain(self, images: Tensor, layout: torch.memory_format) -> Tensor:
        """What the trained module computes in a layout, and in the type of the images."""
        model = fresh(self.of.model, images, layout)
        result: Tensor = model(images.contiguous(memory_format=layout))
        return result

    def error(self, found: Tensor) -> float:
        """The distance from the exact output, by its norm."""
        return float((found.double() - self.expected).norm() / self.expected.norm())

    def ours(self, model: nn.Module, images: Tensor) -> Step:
        """The engine, on a GPU as a CUDA graph."""
        kind, state, begin = self.of.engine, model.state_dict(), time.perf_counter()
        step: Step = kind.from_state_dict(state, device=self.device, dtype=images.dtype)
        if self.device == "cuda":
            step(images)
            machine.synchronize(self.device)
            seconds = time.perf_counter() - begin
            print(f"{self} ours: first output without a graph after {seconds:.1f} s", flush=True)
            step = step.capture(self.batch)  # type: ignore[attr-defined]
        return step

    def prepared(self, peer: Peer, model: nn.Module) -> Prepared:
        """A peer from the trained model to a step that has been compared."""
        machine.poison(self.device)
        before, begin = machine.reserved(self.device), time.perf_counter()
        step = peer(model, self.images[0])
        step(self.images[0])
        machine.synchronize(self.device)
        start = time.perf_counter() - begin
        error = self.compared(step)
        most = machine.most_reserved(lambda: step(self.probe), before, self.device)
        seconds = machine.elapsed(lambda: step(self.probe), 3, self.device) / 3
        return Prepared(step, start, seconds, most, error)

    def compared(self, step: Step) -> float:
        """The relative error for images that the step has not seen; `Wrong` where it is large.

        What an earlier run left behind is no number, nor is free memory.
        """
        step(torch.full_like(self.probe, torch.nan))
        machine.poison(self.device)
        found = step(self.probe).to(self.device, torch.float64)
        error = self.error(found)
        if not error <= self.limit:
            raise Wrong(f"off by {error:.1e}")
        best = self.expected.amax(1)
        chosen = self.expected.gather(1, found.argmax(1, keepdim=True))[:, 0]
        if (best - chosen > 2 * self.limit * self.expected.abs().amax(1)).any():
            raise Wrong("other classes than the exact ones")
        return error

    def measured(self, budget: Budget, rates: Rates) -> list[Row]:
        """Ours and every peer that there is and that fits, prepared and then timed in turn."""
        ready = {"ours": self.prepared(self.ours, self.of.model)}
        self.say("ours", ready["ours"])
        model = reference(self.of.name, self.of.model)
        for name in self.options.peers:
            reserve = 5 + ROUNDS * self.options.seconds * (len(ready) + 1)
            prepare = partial(self.prepared, PEERS[name], model)
            found = missing(name, DTYPES[self.dtype]) or budget.attempt(
                name, self.of.ops, reserve, prepare
            )
            self.say(name, found)
            if isinstance(found, Prepared):
                ready[name] = found
        steps = {name: machine.rotating(each.step, self.images) for name, each in ready.items()}
        times = machine.in_turn(steps, self.options.rounds, self.options.seconds, self.device)
        floor = self.of.floor(rates, self.batch)
        return [self.row(name, ready, times, floor, rates) for name in ready if name != "ours"]

    def say(self, name: str, found: Prepared | str) -> None:
        text = f"left out, {found}"
        if isinstance(found, Prepared):
            text = (
                f"{found.seconds * 1e3:.3g} ms, first output after {found.start:.1f} s, "
                f"error {found.error:.1e}"
            )
        print(f"{self} {name}: {text}", flush=True)

    def row(
        self,
        name: str,
        ready: dict[str, Prepared],
        times: dict[str, list[float]],
        floor: float,
        rates: Rates,
    ) -> Row:
        peer, ours = ready[name], ready["ours"]
        return Row(
            self.of.name,
            self.batch,
            self.dtype,
            name,
            *machine.ratio(times[name], times["ours"]),
            median(times[name]) * 1e3,
            median(times["ours"]) * 1e3,
            peer.start,
            ours.start,
            peer.mib,
            ours.mib,
            peer.error,
            ours.error,
            floor * 1e3,
            rates.flops / 1e12,
            rates.bandwidth / 1e12,
            machine.named(self.device),
            self.options.command,
        )
