"""Stochastic depth against the paper's equations 2 and 5, written out in plain PyTorch."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.architectures.agreement import copy_in_order
from tests.architectures.shipped import model_of
from tests.architectures.test_reference_units import (
    OptionA,
    Residual,
    basic,
    cifar_stem,
    conv,
    imagenet_stem,
    network,
    option_c,
)


class Stochastic(nn.Module):
    """ReLU(b F(x) + id(x)) in training, ReLU(p F(x) + id(x)) in evaluation."""

    def __init__(self, unit: nn.Module, index: int, count: int) -> None:
        super().__init__()
        assert isinstance(unit, Residual)
        self.unit = unit
        self.survival = 1 - index / count * (1 - 0.5)

    def forward(self, x: Tensor) -> Tensor:
        shortcut = self.unit.shortcut(x)
        if not self.training:
            return F.relu(self.survival * self.unit.branch(x) + shortcut)
        if torch.rand(()) < 1 - self.survival:  # b is 0: nothing of the branch is touched
            return F.relu(shortcut)
        return F.relu(self.unit.branch(x) + shortcut)


def bottleneck(inputs: int, width: int, stride: int) -> nn.Module:
    """He et al. 2015, figure 5 right, with the stride in the first 1x1."""
    branch = nn.Sequential(
        conv(inputs, width, 1, stride),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        conv(width, width, 3),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        conv(width, 4 * width, 1),
        nn.BatchNorm2d(4 * width),
    )
    changes = inputs != 4 * width or stride != 1
    return Residual(branch, option_c(inputs, 4 * width, stride) if changes else nn.Identity())


def with_depth(made: Any, count: int) -> Any:
    """The same units, the l-th of `count` with its rate."""
    numbers = iter(range(1, count + 1))
    return lambda *sizes: Stochastic(made(*sizes), next(numbers), count)


def small_110() -> nn.Module:
    unit = with_depth(basic(OptionA), 9)
    return network(cifar_stem(16), 16, unit, [16, 32, 64], [3, 3, 3])


def small_152() -> nn.Module:
    unit, widths = with_depth(bottleneck, 8), [64, 128, 256, 512]
    return network(imagenet_stem(), 64, unit, widths, [2, 2, 2, 2], 4, classes=1000)


@pytest.mark.parametrize(
    ("name", "settings", "reference", "size"),
    [
        ("stochastic_resnet110", "n=3", small_110, 32),
        ("stochastic_resnet152", "layers=[2, 2, 2, 2]", small_152, 64),
    ],
)
@pytest.mark.parametrize("seed", [None, 1, 2], ids=["eval", "train", "train again"])
def test_outputs_gradients_and_statistics_are_the_papers(
    name: str, settings: str, reference: Any, size: int, seed: int | None
) -> None:
    torch.manual_seed(0)
    shape = (3, size, size)
    ours, theirs = model_of(name, shape, settings).double(), reference().double()
    copy_in_order(ours, theirs)
    x = torch.randn(2, *shape, dtype=torch.float64)
    results = []
    for model in (ours.train(seed is not None), theirs.train(seed is not None)):
        torch.manual_seed(seed or 0)  # the same paths are left out
        results.append(model(x))
        (results[-1] * torch.linspace(-1, 1, results[-1].shape[1])).sum().backward()
    torch.testing.assert_close(*results, rtol=1e-10, atol=1e-10)
    untouched = 0
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert (a.grad is None) == (b.grad is None)
        if a.grad is None or b.grad is None:
            untouched += 1
            continue
        torch.testing.assert_close(a.grad, b.grad, rtol=0, atol=1e-9 * float(b.grad.abs().max()))
    assert (untouched > 0) == (seed is not None)
    for mine, other in zip(ours.buffers(), theirs.buffers(), strict=True):
        torch.testing.assert_close(mine, other)
