"""Recordings of what ran: that they compute the same of other inputs, and hold nothing too long."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import handle_torch_function, has_torch_function

from archdsl.runtime.replay.recorder import Recorder

WEIGHT = torch.randn(4, 4, 1, 1)


def recorded(function: Callable[..., Any], *inputs: Tensor) -> Callable[..., Any]:
    with Recorder(inputs) as recorder:
        result = function(*inputs)
    return recorder.function(result)


def in_place(x: Tensor) -> Tensor:
    return (x + 1).relu_().mul_(2)


def in_slices(x: Tensor) -> Tensor:
    y = torch.empty(len(x), 8, *x.shape[2:])
    y[:, :4] = x
    torch.maximum(x, x.flip(2), out=y.narrow(1, 4, 4))
    y[:, 2:6] *= 3
    return y


def in_parts(x: Tensor) -> tuple[Tensor, Tensor]:
    first, second = x.split(2, dim=1)
    largest, _ = second.max(dim=1)
    return torch.cat([first, second, first], 1), largest


def with_sizes(x: Tensor) -> Tensor:
    batch, channels, *_ = x.shape
    return x.reshape(batch, channels, -1).sum(2) / x.shape[2] ** len(x)


def by_functions(x: Tensor) -> Tensor:
    y = F.max_pool2d(F.pad(x, (1, 1, 0, 0)), 2, ceil_mode=True)
    return torch.flatten(F.adaptive_avg_pool2d(F.conv2d(y, WEIGHT), 1), 1)


def unread(x: Tensor) -> Tensor:
    x.exp()
    return x


@pytest.mark.parametrize(
    "function", [in_place, in_slices, in_parts, with_sizes, by_functions, unread]
)
def test_a_recording_computes_the_same_of_other_inputs(function: Callable[..., Any]) -> None:
    run = recorded(function, torch.randn(3, 4, 6, 5))
    for _ in range(2):
        x = torch.randn(3, 4, 6, 5)
        torch.testing.assert_close(run(x.clone()), function(x), rtol=0, atol=0)


def test_several_inputs_keep_their_order() -> None:
    run = recorded(lambda x, y: x - 2 * y, torch.randn(3), torch.randn(3))
    assert run(torch.ones(3), torch.zeros(3)).tolist() == [1, 1, 1]


def test_what_depends_on_no_input_is_computed_once() -> None:
    calls = []

    def counted(x: Tensor) -> Tensor:
        if has_torch_function((x,)):
            return handle_torch_function(counted, (x,), x)
        calls.append(x)
        return x * 2

    run = recorded(lambda x: x + counted(WEIGHT), torch.zeros(4, 4, 1, 1))
    assert torch.equal(run(torch.ones(4, 4, 1, 1)), 1 + 2 * WEIGHT)
    assert len(calls) == 1


def test_memory_is_made_anew_for_each_run() -> None:
    run = recorded(lambda x: torch.zeros(3).add_(x), torch.zeros(3))
    first, second = run(torch.ones(3)), run(torch.ones(3))
    assert first.tolist() == second.tolist() == [1, 1, 1]


def test_values_are_freed_after_their_last_reader() -> None:
    made: list[weakref.ref[Tensor]] = []
    alive: list[int] = []

    def layer(x: Tensor) -> Tensor:
        if has_torch_function((x,)):
            return handle_torch_function(layer, (x,), x)
        alive.append(sum(value() is not None for value in made))
        y = x + 1
        made.append(weakref.ref(y))
        return y

    def block(x: Tensor) -> Tensor:
        return layer(layer(layer(x)))

    run = recorded(lambda x: block(block(x)), torch.zeros(2))
    assert max(alive) == 2  # a block's caller holds what it gave it
    made.clear()
    alive.clear()
    assert run(torch.zeros(2)).tolist() == [6, 6]
    assert alive == [0, 1, 1, 1, 1, 1]
