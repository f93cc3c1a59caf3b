"""Engines take the weights of their network only: every key and every shape is compared."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from torch import Tensor, nn

from archdsl.backends.torch.tensors import STATISTICS, table, tensors_of
from archdsl.runtime.weights.state_dict import shapes_of
from tests.backends.torch.interpreter import compiled
from tests.backends.torch.interpreter import graph_of as parsed
from tests.passes.engines import engine_file, rewritten, trained
from tests.programs import programs

State = dict[str, Tensor]
SMALL = """network small {
    input 3x8x8
    conv(3x3, 8, bias=false) -> bn -> relu
    side: aux(weight=0.3) { conv(1x1, 2) -> bn -> avgpool(global) -> flatten }
    avgpool(global) -> flatten -> linear(2)
}"""


@cache
def small() -> tuple[Any, nn.Module]:
    graph = parsed(SMALL)
    return engine_file(rewritten(graph)).SmallInference, trained(graph, torch.float32)


def state() -> State:
    return dict(small()[1].state_dict())


def expected(x: Tensor) -> Tensor:
    with torch.no_grad():
        found: Tensor = small()[1](x)
    return found


def without(*keys: str) -> State:
    return {key: value for key, value in state().items() if key not in keys}


def prefixed(prefix: str) -> State:
    return {f"{prefix}{key}": value for key, value in state().items()}


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "a norm's scale": (lambda: without("bn1.weight"), "bn1.weight is missing"),
    "a bias": (lambda: without("linear1.bias"), "linear1.bias is missing"),
    "a statistic": (lambda: without("bn1.running_var"), "bn1.running_var is missing"),
    "another layer": (
        lambda: {**state(), "other.weight": torch.ones(1)},
        r"other.weight is in no layer\nRemove what is not the network's",
    ),
    "a bias that the layer does not have": (
        lambda: {**state(), "conv1.bias": torch.ones(8)},
        "conv1.bias is in no layer",
    ),
    "other classes": (
        lambda: {**state(), "linear1.weight": torch.ones(5, 8), "linear1.bias": torch.ones(5)},
        r"2 differences:\n  linear1.weight is 5x8, not 2x8\n  linear1.bias is 5, not 2\n"
        "linear1 has another size: were these trained for other classes",
    ),
    "one number for all channels": (
        lambda: {**state(), "bn1.weight": torch.ones(1)},
        "bn1.weight is 1, not 8",
    ),
    "an auxiliary head of another size": (
        lambda: {**state(), "side.0.weight": torch.ones(3, 8, 1, 1)},
        "side.0.weight is 3x8x1x1, not 2x8x1x1",
    ),
    "whole numbers": (
        lambda: {**state(), "conv1.weight": torch.ones(8, 3, 3, 3, dtype=torch.int8)},
        "conv1.weight has the type torch.int8",
    ),
    "many differences": (
        lambda: {f"layer{n}.weight": torch.ones(1) for n in range(40)},
        r"47 differences:(\n  .*){10}\n  and 37 more\nNo name is the network's",
    ),
    "nothing": (dict, "7 differences"),
    "a checkpoint": (
        lambda: {"epoch": 3, "state_dict": state()},
        r"pass checkpoint\['state_dict'\]",
    ),
    "a checkpoint of two models": (
        lambda: {"model": state(), "ema": state()},
        r"pass checkpoint\['model'\] or checkpoint\['ema'\]",
    ),
    "a checkpoint of a module": (
        lambda: {"epoch": 3, "model": small()[1]},
        r"pass checkpoint\['model'\]\.state_dict\(\)",
    ),
    "a checkpoint with the state of an optimizer": (
        lambda: {"model": state(), "optimizer": {"state": {}, "param_groups": []}},
        r"pass checkpoint\['model'\]$",
    ),
    "another prefix": (
        lambda: prefixed("backbone."),
        r"Its names begin with 'backbone.': pass {k.removeprefix\('backbone.'\): v for",
    ),
    "another prefix, and a loss beside": (
        lambda: {**prefixed("model."), "loss.weight": torch.ones(1)},
        r"for k, v in state_dict.items\(\) if k.startswith\('model.'\)}",
    ),
    "names that are no text": (lambda: {1: torch.ones(1)}, "tensors by name; no such entry: 1"),
    "tensors without numbers": (
        lambda: {key: x.to("meta") for key, x in state().items()},
        "conv1.weight is on the meta device",
    ),
    "something else": (
        lambda: {**state(), "epoch": 3},
        "expected tensors by name; no such entry: epoch",
    ),
}


@pytest.mark.parametrize(("made", "message"), REFUSED.values(), ids=REFUSED)
def test_it_refuses_what_is_not_the_networks(made: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        small()[0].from_state_dict(made())


def test_it_asks_for_the_state_dict_of_a_module() -> None:
    engine, model = small()
    with pytest.raises(TypeError, match=r"got Small: pass model.state_dict\(\)"):
        engine.from_state_dict(model)


ACCEPTED: dict[str, Callable[[], State]] = {
    "the module's": state,
    "without what only training needs": lambda: {
        key: x for key, x in state().items() if "side" not in key and "num_batches" not in key
    },
    "DataParallel's": lambda: prefixed("module."),
    "torch.compile's of DDP's": lambda: prefixed("_orig_mod.module."),
    "in double precision": lambda: {
        key: x.double() if x.is_floating_point() else x for key, x in state().items()
    },
}


@pytest.mark.parametrize("made", ACCEPTED.values(), ids=ACCEPTED)
def test_it_accepts_the_networks(made: Callable[[], State]) -> None:
    x = torch.randn(2, 3, 8, 8)
    found = small()[0].from_state_dict(made())(x)
    torch.testing.assert_close(found, expected(x), rtol=1e-5, atol=1e-5)


def conv(channels: int, inputs: int) -> dict[str, tuple[int, ...]]:
    return {"weight": (channels, inputs, 3, 3)}


def norm(channels: int) -> dict[str, tuple[int, ...]]:
    return dict.fromkeys(STATISTICS, (channels,))


def linear(channels: int, inputs: int) -> dict[str, tuple[int, ...]]:
    return {"weight": (channels, inputs), "bias": (channels,)}


TABLES: dict[str, tuple[dict[str, dict[str, tuple[int, ...]]], int]] = {
    "runs of numbers": ({f"a.{i}.b": linear(4, 4) for i in (0, 1, 2, 4)}, 2),
    "numbers that lead with 0": ({"x01.w": linear(4, 4), "x02.w": linear(4, 4)}, 2),
    "paths that look like shapes": ({"2": linear(4, 4), "x1": linear(4, 4), "2.3": norm(4)}, 3),
    "scalars": ({"a": {"gain": ()}, "b": {"gain": (), "shift": ()}}, 2),
    "a convolution and its norm": ({"u.conv": conv(8, 3), "u.bn": norm(8)}, 1),
    "a norm and its convolution": ({"u.bn": norm(3), "u.conv": conv(8, 3)}, 1),
    "layers of the network itself": ({"conv": conv(8, 3), "bn": norm(8)}, 1),
    "letters after numbers": (
        {f"i{x}.c": conv(n, 3) for x, n in zip(("3a", "3b"), (4, 7), strict=True)},
        1,
    ),
    "an arithmetic progression": (
        {
            f"d.l{i}.{x}": y
            for i in range(9)
            for x, y in (("bn", norm(8 + 4 * i)), ("conv", conv(9, 8 + 4 * i)))
        },
        1,
    ),
    "units of several lengths": (
        {f"s{i}.{j}": conv(8 * i, 8 * i) for i in (1, 2, 3) for j in range(2 * i)},
        1,
    ),
    "rows as long as a line": ({f"f.{i}": conv(100 + i * i, 7) for i in range(200)}, 60),
    "several kernels": ({"a.1": conv(4, 4), "a.2": {"weight": (4, 4, 1, 1)}}, 2),
}


@pytest.mark.parametrize(("layers", "most"), TABLES.values(), ids=TABLES)
def test_a_table_lists_the_tensors_that_it_was_made_of(
    layers: dict[str, dict[str, tuple[int, ...]]], most: int
) -> None:
    rows = table(layers.items())
    expected = {
        f"{path}.{name}": s for path, tensors in layers.items() for name, s in tensors.items()
    }
    assert shapes_of("\n".join(rows)) == expected
    assert len(rows) <= most


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs(size=20))
def test_the_tensors_of_a_program_are_those_of_its_module(text: str) -> None:
    graph = parsed(text)
    listed = tensors_of(rewritten(graph).source or graph)
    found = {
        key: size
        for rows in (listed.needed, listed.unused)
        for key, size in shapes_of("\n".join(rows)).items()
    }
    model = {key: tuple(x.shape) for key, x in compiled(graph).state_dict().items()}
    assert found == {k: size for k, size in model.items() if not k.endswith("batches_tracked")}
