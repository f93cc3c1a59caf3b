"""Parts of larger values that are written where they belong: what a recording becomes by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from archdsl.runtime.gpu.autotune import Autotuned, stored
from archdsl.runtime.gpu.concat_in_place import concat_in_place
from archdsl.runtime.layers.channels import densely
from archdsl.runtime.replay.operations import Step
from archdsl.runtime.replay.recorder import Recorder


class Layer(torch.nn.Module):
    """Something with as many channels as asked for, by a choice."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.choice = Autotuned(self.plain)

    def forward(self, x: Tensor) -> Tensor:
        return self.choice(x)

    def plain(self, x: Tensor, out: tuple[Tensor, ...] | None = None) -> Tensor:
        return stored(x.sum(1, keepdim=True).repeat(1, self.channels, 1, 1), out)


ONE, TWO, SIX = Layer(1), Layer(2), Layer(6)
CONSTANT = torch.ones(2, 1, 4, 4)


def fire(x: Tensor) -> Tensor:
    return torch.cat([ONE(x), TWO(x)], 1)


def pooled(x: Tensor) -> Tensor:
    return torch.cat([x.neg(), TWO(x), x], 1).relu_()


def dense(x: Tensor) -> Tensor:
    return densely([TWO, TWO, TWO], x)


def siblings(x: Tensor) -> Tensor:
    y = SIX(x)
    others = y.narrow(1, 4, 2).neg(), ONE(y.narrow(1, 1, 3))
    return torch.cat([x, y.narrow(1, 0, 1), *others], 1)


def twice(x: Tensor) -> Tensor:
    y = fire(ONE(x))
    return torch.cat([TWO(y), y], 1)


def rectified(x: Tensor) -> Tensor:
    return torch.cat([ONE(x).relu_(), x], 1)


def shared(x: Tensor) -> Tensor:
    y = TWO(x)
    return torch.cat([y, x], 1) + y.sum()


def repeated(x: Tensor) -> Tensor:
    y = TWO(x)
    return torch.cat([y, x, y], 1)


def returned(x: Tensor) -> tuple[Tensor, Tensor]:
    y = TWO(x)
    return torch.cat([y, x], 1), y


def below(x: Tensor) -> Tensor:
    return torch.cat([TWO(x), TWO(x)], 2)


def overlapping(x: Tensor) -> Tensor:
    y = SIX(x)
    return torch.cat([y.narrow(1, 0, 2), y.narrow(1, 1, 5)], 1)


def read_whole(x: Tensor) -> Tensor:
    y = SIX(x)
    return torch.cat([y.narrow(1, 0, 2), x], 1) + y.sum()


def later_channels(x: Tensor) -> Tensor:
    y = SIX(x)
    return torch.cat([y.narrow(1, 2, 4), y.narrow(1, 0, 2).neg()], 1)


def with_constant(x: Tensor) -> Tensor:
    return torch.cat([TWO(x), CONSTANT], 1)


def unchosen(x: Tensor) -> Tensor:
    return torch.cat([x.neg(), x], 1)


def ran(function: Callable[[Tensor], Any]) -> tuple[list[Step], Callable[..., Any]]:
    x = torch.randn(2, 3, 4, 4)
    with Recorder([x]) as recorder:
        result = function(x)
    steps = concat_in_place(recorder.steps, recorder.like, recorder.named(result))
    return steps, recorder.function(result)


def line(step: Step) -> str:
    """A step as text; of what is no name only sizes."""
    name = getattr(step.function, "__name__", "tuned")
    given = [str(value) for value in step.args if isinstance(value, str | int)]
    given += [str(list(value)) for value in step.args if isinstance(value, list | tuple)]
    if "out" in step.keywords:
        given.append(f"out=({', '.join(step.keywords['out'])})")
    call = f"{name}({', '.join(given)})"
    return f"{step.result} = {call}" if step.written else call


@pytest.mark.parametrize(
    ("function", "after"),
    [
        (
            fire,
            """x4 = empty([2, 3, 4, 4])
x2_place = narrow(x4, 1, 0, 1)
x2 = tuned(x1, out=(x2_place))
x3_place = narrow(x4, 1, 1, 2)
x3 = tuned(x1, out=(x3_place))""",
        ),
        (
            pooled,
            """x2 = neg(x1)
x4 = empty([2, 8, 4, 4])
x3_place = narrow(x4, 1, 3, 2)
x3 = tuned(x1, out=(x3_place))
put(x4, 0, x2)
put(x4, 5, x1)
x4 = relu_(x4)""",
        ),
        (
            dense,
            """x3 = empty([2, 9, 4, 4])
x2_place = narrow(x3, 1, 3, 2)
x2 = tuned(x1, out=(x2_place))
put(x3, 0, x1)
x4 = __getitem__(x3, [slice(None, None, None), slice(None, 5, None)])
x5_place = narrow(x3, 1, 5, 2)
x5 = tuned(x4, out=(x5_place))
x6 = __getitem__(x3, [slice(None, None, None), slice(None, 7, None)])
x7_place = narrow(x3, 1, 7, 2)
x7 = tuned(x6, out=(x7_place))""",
        ),
        (
            siblings,
            """x8 = empty([2, 7, 4, 4])
x7_place = narrow(x8, 1, 3, 1)
x2_rest = empty([2, 5, 4, 4])
x2 = tuned(x1, out=(x7_place, x2_rest))
x3 = narrow(x2_rest, 1, 3, 2)
x4 = neg(x3)
x5 = narrow(x2_rest, 1, 0, 3)
x6_place = narrow(x8, 1, 6, 1)
x6 = tuned(x5, out=(x6_place))
put(x8, 0, x1)
put(x8, 4, x4)""",
        ),
    ],
)
def test_a_choice_writes_where_its_result_is_to_be(
    function: Callable[[Tensor], Tensor], after: str
) -> None:
    steps, _ = ran(function)
    assert "\n".join(map(line, steps)) == after


@pytest.mark.parametrize("function", [fire, pooled, dense, siblings, twice])
def test_nothing_that_a_choice_made_is_copied(function: Callable[[Tensor], Tensor]) -> None:
    steps, _ = ran(function)
    chosen = [step for step in steps if isinstance(step.function, Autotuned)]
    apart = sum(step.keywords.get("out") is None for step in chosen)
    assert apart == (function is twice)  # of which the first is no part
    assert torch.cat not in [step.function for step in steps]


@pytest.mark.parametrize(
    "function",
    [
        *(rectified, shared, repeated, returned, below, with_constant, unchosen),
        *(overlapping, read_whole, later_channels),
    ],
)
def test_what_others_see_stays_as_it_was(function: Callable[[Tensor], Any]) -> None:
    steps, _ = ran(function)
    assert torch.cat in [step.function for step in steps]
    assert not any("out" in step.keywords and step.keywords["out"] for step in steps)


@pytest.mark.parametrize(
    "function",
    [
        *(fire, pooled, dense, siblings, twice, rectified, shared, repeated, returned, below),
        *(with_constant, overlapping, read_whole, later_channels),
    ],
)
def test_the_results_are_the_same(function: Callable[[Tensor], Any]) -> None:
    _, run = ran(function)
    for _ in range(3):
        x = torch.randn(2, 3, 4, 4)
        torch.testing.assert_close(run(x.clone()), function(x))
