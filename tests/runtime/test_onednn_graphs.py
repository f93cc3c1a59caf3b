"""Engines as TorchScript on a CPU: equal to their layers, fused by oneDNN, and gone with them."""

from __future__ import annotations

import gc
import itertools
import resource
from pathlib import Path
from typing import Any

import pytest
import torch

from archdsl.runtime.batches import noise, placed
from archdsl.runtime.cpu.onednn_graphs import OnednnGraphs, onednn_graphs
from archdsl.runtime.gpu.autotune import agrees
from tests.architectures.shipped import graph_of
from tests.backends.torch.interpreter import graph_of as parsed
from tests.passes.engines import engine_of, patch_runtime, rewritten, trained

pytestmark = pytest.mark.skipif(
    not torch.backends.mkldnn.is_available(), reason="this PyTorch has no oneDNN"
)
FORMS = """
block unit { skip { conv(3x3, 16, bias=false) -> bn -> relu -> conv(3x3, 16) -> bn } -> relu }
network net { input 3x20x20
  conv(3x3, 16, pad=0) -> lrn(5) -> maxpool(2x2) -> unit
  concat { | conv(1x1, 8) -> relu | maxpool(3x3, stride=1, pad=1) -> conv(1x1, 8) | conv(1x1, 4) }
  bn -> relu -> conv(1x1, 16) -> avgpool(2x2) -> conv(3x3, 16, groups=4) -> silu
  flatten -> linear(32) -> relu -> dropout -> linear(5) }
"""


def made(text: str, **options: Any) -> tuple[Any, torch.nn.Module]:
    graph = parsed(text)
    model = trained(graph, torch.float32)
    return engine_of(rewritten(graph), model, **options), model


def chosen(engine: Any, way: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has an engine take one of its two ways, which are compared all the same."""

    def take(ways: Any, *inputs: Any) -> Any:
        assert agrees(ways[1], inputs, ways[0](*inputs))
        return ways[way]

    patch_runtime(monkeypatch, engine, BRIEF=torch.inf, fastest=take)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["fp32", "bf16"])
def test_a_script_computes_what_the_network_does(
    dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, model = made(FORMS, dtype=dtype)
    chosen(engine, 1, monkeypatch)
    for batch in (2, 2, 2, 3, 3, 2, 3, 1):
        x = torch.randn(batch, 3, 20, 20)
        kept = x.clone()
        with torch.no_grad():
            expected = model(x)
        tolerance = float(expected.abs().max()) * (1e-4 if dtype is torch.float32 else 4e-2)
        found = engine(x).float()
        torch.testing.assert_close(found, expected, rtol=0, atol=tolerance)
        assert torch.equal(x, kept)
    assert {type(way).__name__ for way in engine.plans.known.values()} == {"partial"}
    assert engine.plans.compiled == len(engine.plans.known) == 3


def test_what_takes_long_is_tried_in_parts_of_one_size(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, model = made(FORMS)
    chosen(engine, 1, monkeypatch)
    clock = itertools.count(0, 0.5).__next__
    patch_runtime(monkeypatch, engine, BRIEF=0.2, perf_counter=clock)
    for batch in (8, 6, 8):
        x = torch.randn(batch, 3, 20, 20)
        for _ in range(2):
            with torch.no_grad():
                torch.testing.assert_close(engine(x), model(x), rtol=1e-4, atol=1e-4)
    parts, whole = engine.plans.known.values()
    assert (parts.args[1], whole.__name__) == (4, "run")


def test_images_that_are_no_numbers_decide_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, _ = made(FORMS)
    seen = []

    def noted(*given: Any) -> bool:
        seen.append(agrees(*given))
        return seen[-1]

    patch_runtime(monkeypatch, engine, BRIEF=torch.inf, agrees=noted)
    images = torch.randn(2, 3, 20, 20)
    state = torch.get_rng_state()
    for _ in range(2):
        engine(torch.full((2, 3, 20, 20), torch.nan))
    assert seen == []
    for _ in range(2):
        engine(images)
    assert seen == [True]
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("batch", [0, 1, 2])
def test_images_of_any_layout_come_as_those_that_a_script_was_compiled_for(
    batch: int, channels: int
) -> None:
    """TorchScript compares strides, also where there is one image or one channel."""
    engine, _ = made(FORMS)
    x = torch.randn(batch, channels, 20, 20)
    pixels = x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)
    given = [x, pixels, x.transpose(2, 3).contiguous().transpose(2, 3), x.clone().requires_grad_()]
    if batch == 1:
        given += [pixels[0][None], pixels.as_strided(x.shape, (7, *pixels.stride()[1:]))]
    for images in given:
        found = placed(images, engine.device, engine.dtype)
        assert torch.equal(found, x)
        assert found.stride() == (400 * channels, 1, 20 * channels, channels)
        assert not found.requires_grad


@pytest.mark.parametrize(
    "name",
    ["resnet20", "squeezenet1_1", "densenet_bc100_12", "googlenet_bn", "fractalnet20", "alexnet"],
)
def test_onednn_fuses_the_networks_of_the_library(name: str) -> None:
    graph = graph_of(name)
    engine = engine_of(rewritten(graph), trained(graph, torch.float32))
    (x,) = noise([(1, *size) for size in engine.sizes], engine.device, engine.dtype)
    with torch.inference_mode():
        script = OnednnGraphs(engine)
        expected = engine.forward(x)
        found = script(x)
        fused = str(torch.jit.last_executed_optimized_graph())
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-4 * float(expected.abs().max()))
    apart, *groups = fused.split("\nwith prim::oneDNNFusionGroup")
    assert groups
    assert "aten::conv2d" not in apart
    assert "aten::_convolution" not in apart


HALVES = """
network net { input 3x9x9
  conv(3x3, 16) -> relu
  concat { | conv(1x1, 4) -> relu | conv(3x3, 6) -> relu }
  maxpool(3x3, stride=2) -> conv(1x1, 8, /2) -> relu
  concat { | conv(1x1, 4) | conv(3x3, 6) } -> relu -> conv(1x1, 5)
  concat { | conv(1x1, 4) | conv(3x3, 4) } -> conv(1x1, 8, groups=2) -> maxpool(2x2) }
"""


def test_two_values_side_by_side_are_added_not_put_together() -> None:
    """But where they change together, and where groups read them."""
    for text, joined in ((HALVES, 2), ("squeezenet1_1", 0)):
        graph = graph_of(text) if text.isidentifier() else parsed(text)
        engine = engine_of(rewritten(graph), trained(graph, torch.float32))
        (x,) = noise([(2, *size) for size in engine.sizes], engine.device, engine.dtype)
        with torch.inference_mode():
            script, expected = OnednnGraphs(engine), engine.forward(x)
            found = script(x)
            fused = str(torch.jit.last_executed_optimized_graph())
        tolerance = 1e-4 * float(expected.abs().max())
        torch.testing.assert_close(found, expected, rtol=0, atol=tolerance)
        assert fused.count("aten::cat(") == joined


def test_double_precision_and_long_calls_are_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    exact, _ = made(FORMS, dtype=torch.float64)
    long, _ = made(FORMS)
    patch_runtime(monkeypatch, long, BRIEF=0)
    for engine in (exact, long):
        for _ in range(3):
            engine(torch.randn(2, 3, 20, 20))
        assert engine.plans.compiled == 0
        assert len(engine.plans.known) == 1


def test_a_way_that_fails_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where a PyTorch has no TorchScript any more."""
    engine, model = made(FORMS)
    monkeypatch.delattr(torch._C, "_create_graph_by_tracing")
    x = torch.randn(2, 3, 20, 20)
    for _ in range(3):
        with torch.no_grad():
            torch.testing.assert_close(engine(x), model(x), rtol=1e-4, atol=1e-4)
    assert engine.plans.compiled == 1
    assert all(type(way).__name__ == "function" for way in engine.plans.known.values())


def test_so_many_sizes_are_compiled_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, _ = made(FORMS)
    chosen(engine, 1, monkeypatch)
    for batch in range(1, 13):
        engine(torch.randn(batch, 3, 20, 20))
    assert engine.plans.compiled == 8
    last = [type(way).__name__ for way in engine.plans.known.values()]
    assert last == ["partial"] * 5 + ["function"] * 3


@pytest.mark.parametrize("before", [False, True])
def test_what_a_process_says_of_onednns_graphs_holds_afterwards(before: bool) -> None:
    def fail() -> None:
        with onednn_graphs():
            assert torch.jit.onednn_fusion_enabled()
            raise RuntimeError("in it")

    torch.jit.enable_onednn_fusion(before)
    try:
        with pytest.raises(RuntimeError, match="in it"):
            fail()
        assert torch.jit.onednn_fusion_enabled() is before
    finally:
        torch.jit.enable_onednn_fusion(False)


def test_weights_go_with_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = parsed("network net { input 2048x4x4\n conv(1x1, 4096) -> relu }")
    weights = trained(graph, torch.float32)
    taken = []
    for _ in range(5):
        engine = engine_of(rewritten(graph), weights)
        chosen(engine, 1, monkeypatch)
        for _ in range(3):
            engine(torch.randn(1, 2048, 4, 4))
        del engine
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        taken.append(pages * resource.getpagesize() >> 20)
    assert taken[-1] - taken[1] < 64  # MiB; the weights of three engines more take 96
