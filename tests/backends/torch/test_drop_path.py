"""Stochastic depth: rates, skipping, and the two conventions of scale."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from archdsl.backends.torch import emit
from archdsl.ops.drop_path import DropPath
from tests.backends.torch.interpreter import graph_of, load


def network(arguments: str, count: int = 1) -> Any:
    text = f"""
block unit {{
  skip {{ conv(3x3, 4, bias=false) -> bn -> drop_path({arguments}) }}
  relu
}}
network net {{ input 4x5x5
  repeat {count} {{ unit }} }}"""
    torch.manual_seed(0)
    return load(emit(graph_of(text))).net().double()


def batch(images: int = 2) -> Tensor:
    return torch.randn(images, 4, 5, 5, generator=torch.Generator().manual_seed(1)).double()


def body(unit: nn.Module, x: Tensor) -> Tensor:
    """The path of a unit, written out."""
    result: Tensor = unit.bn1(unit.conv1(x))  # type: ignore[operator]
    return result


def test_the_linear_ramp_is_the_papers() -> None:
    graph = graph_of("""block unit { skip { conv(3x3, 4) -> drop_path(0.5, ramp=linear) } }
network net { input 4x5x5
  repeat 54 { unit } }""")
    rates = [n.op.p * n.op.index / n.op.count for n in graph.nodes if isinstance(n.op, DropPath)]
    model = load(emit(graph)).net()
    drawn = [m.p for m in model.modules() if type(m).__name__ == "DropPath"]
    assert drawn == rates
    assert 1 - rates[0] == pytest.approx(0.990741, abs=1e-6)  # section 3: p_1 of ResNet-110
    assert 1 - rates[-1] == 0.5
    assert sum(1 - rate for rate in rates) == pytest.approx(40.25)  # blocks of a mini-batch


def test_without_a_ramp_every_path_has_the_same_rate() -> None:
    assert {m.p for m in network("0.2", 5).modules() if hasattr(m, "kept")} == {0.2}


def test_a_path_left_out_is_not_computed() -> None:
    model = network("1").train()
    unit = model.unit1
    unit.conv1.register_forward_hook(lambda *_: pytest.fail("the path was computed"))
    x = batch()
    torch.testing.assert_close(model(x), torch.relu(x))
    assert int(unit.bn1.num_batches_tracked) == 0


def test_one_coin_is_thrown_for_the_mini_batch() -> None:
    model = network("0.3").train()
    x = batch(4)
    with torch.no_grad():
        outcomes = [bool((model(x) == torch.relu(x)).all()) for _ in range(400)]
        kept = torch.relu(x + body(model.unit1, x))
        assert all(
            torch.equal(y, torch.relu(x)) or torch.allclose(y, kept)
            for y in (model(x) for _ in range(20))
        )
    assert sum(outcomes) / len(outcomes) == pytest.approx(0.3, abs=0.08)


@pytest.mark.parametrize("scale", ["test", "train"])
@pytest.mark.parametrize("mode", ["batch", "sample"])
def test_the_scale_keeps_the_expectation(mode: str, scale: str) -> None:
    model = network(f"0.25, mode={mode}, scale={scale}")
    unit, x = model.unit1, batch()
    path = next(m for m in unit.modules() if type(m).__name__.startswith("Drop"))
    with torch.no_grad():
        inside = body(unit.eval(), x)
        assert torch.allclose(model(x), torch.relu(x + inside * (0.75 if scale == "test" else 1)))
        ones = torch.ones(20_000, 1, 1, 1).double() if mode == "sample" else torch.ones(1).double()
        times = 1 if mode == "sample" else 5_000
        path.train()
        drawn = torch.cat([path(ones) for _ in range(times)])
    values = {0.0, 1.0} if scale == "test" else {0.0, 1 / 0.75}
    assert {round(v, 12) for v in drawn.unique().tolist()} == {round(v, 12) for v in values}
    assert float(drawn.mean()) == pytest.approx(0.75 if scale == "test" else 1, abs=0.03)


def test_sample_mode_draws_for_each_image_and_keeps_the_memory_format() -> None:
    model = network("0.5, mode=sample").train().to(memory_format=torch.channels_last)
    x = batch(64).to(memory_format=torch.channels_last)
    with torch.no_grad():
        y = model(x)
    left_out = (y == torch.relu(x)).flatten(1).all(1)
    assert 0 < int(left_out.sum()) < 64
    assert y.is_contiguous(memory_format=torch.channels_last)


def test_evaluation_draws_nothing() -> None:
    model = network("0.5", 3).eval()
    state = torch.get_rng_state()
    model(batch())
    assert torch.equal(state, torch.get_rng_state())


def test_a_skipped_unit_leaves_its_input_as_it_was() -> None:
    model = network("1", 2).train()
    x = batch()
    before = x.clone()
    y = x.clone().requires_grad_()
    model(y * 1).sum().backward()
    assert y.grad is not None
    model(x)
    assert torch.equal(x, before)
