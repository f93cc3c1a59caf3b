"""Whether a generated network and a reference are one function: outputs and gradients."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn


def agree(
    ours: Callable[[], nn.Module],
    theirs: Callable[[], nn.Module],
    size: tuple[int, ...],
    training: bool,
) -> None:
    """With the same weights, both give the same outputs and gradients in float64."""
    torch.manual_seed(0)
    found, expected = ours().double(), theirs().double()
    copy_in_order(found, expected)
    x = torch.randn(2, *size, dtype=torch.float64)
    outputs = []
    for model in (found.train(training), expected.train(training)):
        torch.manual_seed(1)  # the same units are dropped
        result = model(x)
        parts = [result] if isinstance(result, torch.Tensor) else result
        outputs.append(torch.cat([part.flatten(1) for part in parts], 1))
        (outputs[-1] * torch.linspace(-1, 1, outputs[-1].shape[1])).sum().backward()
    torch.testing.assert_close(*outputs, rtol=1e-10, atol=1e-10)
    # What a norm takes out again has no gradient but rounding errors of the others'.
    noise = 1e-14 * max(
        float(b.grad.abs().max()) for b in expected.parameters() if b.grad is not None
    )
    for (key, a), b in zip(found.named_parameters(), expected.parameters(), strict=True):
        if b.grad is None:  # read in training only
            assert a.grad is None, key
            assert not training, key
            continue
        scale = float(b.grad.abs().max())
        assert scale > 0, key
        torch.testing.assert_close(a.grad, b.grad, rtol=0, atol=1e-9 * scale + noise)


def copy_in_order(source: nn.Module, target: nn.Module) -> None:
    """Weights and statistics in the order in which the layers are defined."""
    pairs = zip(source.state_dict().values(), target.state_dict().values(), strict=True)
    for value, place in pairs:
        place.copy_(value)
