"""Networks that leave out paths, trained by two processes whose coins differ, or agree."""

from __future__ import annotations

import multiprocessing
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor
from torch.nn.parallel import DistributedDataParallel

from archdsl.backends.torch import emit
from tests.backends.torch.interpreter import graph_of, load

NETWORKS = {
    "drop_path": """
block unit(c) { skip { conv(3x3, c, bias=false) -> bn -> relu -> conv(1x1, c) -> drop_path(0.5) } }
network net { input 3x6x6
  conv(3x3, 4) -> relu
  stage: repeat 4 { unit(4) }
  avgpool(global) -> flatten -> linear(5) }""",
    "join": """
block fractal(c, columns) {
  if columns == 1 { conv(3x3, c, bias=false) -> bn -> relu } else {
    join(drop=0.5) {
      | conv(3x3, c, bias=false) -> bn -> relu
      | fractal(c, columns - 1) -> fractal(c, columns - 1)
    }
  }
}
network net { input 3x6x6
  fractal(4, 3)
  avgpool(global) -> flatten -> linear(5) }""",
}
WAYS = ("ddp", "fsdp2")
STEPS = 6
PATIENCE = 300  # seconds until a hanging process is ended

TrainedWeights = dict[str, Any]  # of one process, by network and way: weights, what ran, gradients


def work(rank: int, texts: dict[str, str], agreed: bool, folder: str) -> None:
    """One process: train each network in each way, and write what happened."""
    torch.set_num_threads(1)
    store = dist.FileStore(f"{folder}/store", 2)
    dist.init_process_group("gloo", store=store, rank=rank, world_size=2)
    found = {f"{n} {way}": train(rank, t, way, agreed) for n, t in texts.items() for way in WAYS}
    torch.save(found, f"{folder}/{rank}.pt")
    dist.destroy_process_group()


def train(rank: int, text: str, way: str, agreed: bool) -> tuple[Any, ...]:
    """The weights, and for each step the convolutions that ran and the gradients that are."""
    torch.manual_seed(0)  # equal weights
    module = load(text)
    network = module.net()
    ran: list[str] = []
    for name, layer in network.named_modules():
        if isinstance(layer, nn.Conv2d):
            layer.register_forward_hook(lambda *_, name=name: ran.append(name))
    if agreed:
        module.Coins.configure(network, torch.Generator().manual_seed(5))
    forward: Any = network
    if way == "ddp":
        forward = DistributedDataParallel(network, find_unused_parameters=agreed)
    else:
        shard(network)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9)
    torch.manual_seed(100 + rank)  # other coins, and other images
    steps, gradients = [], []
    for _ in range(STEPS):
        ran.clear()
        optimizer.zero_grad()
        forward(torch.randn(4, 3, 6, 6)).square().sum().backward()
        gradients.append({name for name, p in network.named_parameters() if p.grad is not None})
        optimizer.step()
        steps.append([*ran])
    weights = {
        name: p.full_tensor() if isinstance(p, DTensor) else p.detach()
        for name, p in network.named_parameters()
    }
    return weights, steps, gradients


def shard(network: nn.Module) -> None:
    """Each convolution, residual unit and the rest gather their weights when they run."""
    mesh = dist.init_device_mesh("cpu", (2,))
    for part in reversed([*network.modules()]):
        if type(part).__name__ in ("Unit", "Conv2d") or part is network:
            fully_shard(part, mesh=mesh)


def both(agreed: bool, folder: Path) -> list[TrainedWeights]:
    """What each of two processes has trained."""
    texts = {name: emit(graph_of(text)) for name, text in NETWORKS.items()}
    context = multiprocessing.get_context("spawn")
    processes = [
        context.Process(target=work, args=(rank, texts, agreed, str(folder)), daemon=True)
        for rank in range(2)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(PATIENCE)
    for process in processes:
        process.kill()  # nothing, unless one waits for the other
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    return [torch.load(folder / f"{rank}.pt") for rank in range(2)]


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> list[TrainedWeights]:
    return both(False, tmp_path_factory.mktemp("apart"))


@pytest.fixture(scope="module")
def agreed(tmp_path_factory: pytest.TempPathFactory) -> list[TrainedWeights]:
    return both(True, tmp_path_factory.mktemp("agreed"))


cases = pytest.mark.parametrize("case", [f"{name} {way}" for name in NETWORKS for way in WAYS])


def same_weights(results: list[TrainedWeights], case: str) -> None:
    first, second = (result[case][0] for result in results)
    assert first.keys() == second.keys()
    for name, weight in first.items():
        assert torch.equal(weight, second[name]), name


@cases
def test_processes_with_other_coins_run_all_and_keep_equal_weights(
    case: str, apart: list[TrainedWeights]
) -> None:
    same_weights(apart, case)
    for result in apart:
        weights, steps, gradients = result[case]
        assert all(len(ran) == len(set(ran)) == len(steps[0]) for ran in steps)
        assert all(names == set(weights) for names in gradients)


@cases
def test_processes_that_agree_skip_the_same_paths(case: str, agreed: list[TrainedWeights]) -> None:
    same_weights(agreed, case)
    (_, steps, _), (_, others, _) = (result[case] for result in agreed)
    assert steps == others
    assert len({len(ran) for ran in steps}) > 1
