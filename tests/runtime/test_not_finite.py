"""NaN and infinity come out of an engine where they come out of its module, in every mode."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.backends.torch.interpreter import graph_of as parsed
from tests.passes.engines import engine_of, patch_runtime, rewritten, trained

NETWORK = """network net {
    input 3x24x24
    conv(3x3, 16, bias=false) -> bn -> relu -> maxpool(2x2)
    skip { conv(3x3, 16) -> bn -> relu -> conv(3x3, 16) } -> relu
    mul { | identity | avgpool(global) -> conv(1x1, 16) -> hardsigmoid }
    avgpool(global) -> flatten -> linear(8) -> relu -> linear(4)
}"""
DTYPES = [torch.float32, torch.bfloat16, torch.float16, torch.float64]
MODES = ["operators", "graphs", "winograd"]
BAD = [torch.nan, torch.inf, -torch.inf]


def made(mode: str, dtype: torch.dtype, monkeypatch: Any, model: nn.Module | None = None) -> Any:
    """An engine of the network in a mode, warm: the next call is its third."""
    graph = parsed(NETWORK)
    engine = engine_of(rewritten(graph), model or trained(graph, torch.float32), dtype=dtype)
    patch_runtime(
        monkeypatch,
        engine,
        winograd_pays=lambda *_: mode == "winograd",
        BRIEF=torch.inf if mode == "graphs" else 0,
        fastest=lambda candidates, *_: candidates[-1],
    )
    for _ in range(2):
        engine(torch.randn(2, 3, 24, 24))
    return engine


def alike(found: Tensor, expected: Tensor) -> bool:
    """Whether the same numbers are finite."""
    return torch.equal(found.isfinite(), expected.isfinite())


def possible(mode: str, dtype: torch.dtype) -> bool:
    return mode != "winograd" or dtype is torch.float32


CASES = [(mode, dtype) for mode in MODES for dtype in DTYPES if possible(mode, dtype)]


@pytest.mark.parametrize(("mode", "dtype"), CASES)
def test_of_an_image(mode: str, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, model = made(mode, dtype, monkeypatch), trained(parsed(NETWORK), torch.float32)
    good = torch.randn(2, 3, 24, 24)
    usual = engine(good)
    for bad in BAD:
        x = good.clone()
        x[1, 1, 5, 7] = bad
        with torch.no_grad():
            expected = model(x)
        found = engine(x)
        assert alike(found, expected), bad
        assert found[0].isfinite().all()
        assert not found[1].isfinite().any()
    assert torch.equal(engine(good), usual)  # one call leaves the next ones as they were


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("key", ["conv1.weight", "bn1.running_var", "bn2.bias", "linear1.bias"])
def test_of_a_weight(key: str, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch) -> None:
    for bad in BAD[:2]:
        model = trained(parsed(NETWORK), torch.float32)
        model.state_dict()[key].view(-1)[0] = bad
        engine = made("operators", dtype, monkeypatch, model)
        x = torch.randn(2, 3, 24, 24)
        with torch.no_grad():
            assert alike(engine(x), model(x)), bad


def test_of_what_overflows_half_precision() -> None:
    """Sums beyond 65504 of both signs: their difference is NaN, which no ReLU hides."""
    graph = parsed("network net { input 4x6x6\n conv(1x1, 4) -> relu -> conv(1x1, 4) -> relu }")
    model = trained(graph, torch.float32)
    for name, value in model.state_dict().items():
        value.fill_(0 if name.endswith("bias") else 300)
    with torch.no_grad():
        model.state_dict()["conv2.weight"][:, ::2] = -300
    engine = engine_of(rewritten(graph), model, dtype=torch.float16)
    x = torch.full((1, 4, 6, 6), 300.0)
    for _ in range(3):
        assert not engine(x).isfinite().any()


def test_results_beyond_the_numbers_of_a_type_are_infinite() -> None:
    graph = parsed("network net { input 4x6x6\n conv(1x1, 4) -> relu }")
    model = trained(graph, torch.float32)
    for value in model.state_dict().values():
        value.fill_(1e30)
    for dtype in (torch.float32, torch.bfloat16):
        engine = engine_of(rewritten(graph), model, dtype=dtype)
        for _ in range(3):
            assert engine(torch.full((1, 4, 6, 6), 1e30)).isinf().all()
