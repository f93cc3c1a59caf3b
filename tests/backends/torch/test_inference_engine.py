"""Inference engines: what their file says, what it refuses, and its operators beside PyTorch's."""

from __future__ import annotations

import ast
import sys
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from archdsl.inference.recipes import relative
from archdsl.reserved import ENGINE_ATTRIBUTES, MODULE_ATTRIBUTES
from archdsl.runtime.engine import Engine
from archdsl.runtime.layers import pooling
from archdsl.runtime.layers.norms import Threshold
from archdsl.runtime.layers.pooling import max_pool
from archdsl.runtime.weights.recipes import TrainedWeights, affine, bounded
from tests.architectures.shipped import graph_of
from tests.backends.torch.interpreter import graph_of as parsed
from tests.passes.engines import (
    agree,
    engine_file,
    engine_of,
    images,
    patch_runtime,
    rewritten,
    trained,
)

BLOCKS = """
block unit(c) { conv(3x3, c, bias=false) -> bn -> relu }
network net { input 3x16x16
  body: { maxpool(2x2) -> dropout -> unit(8) -> dropout -> unit(12) -> prelu }
  avgpool(global) -> flatten -> head: linear(5) }
"""


def engine(**options: Any) -> tuple[Any, nn.Module]:
    graph = parsed(BLOCKS)
    model = trained(graph)
    return engine_of(rewritten(graph), model, **options), model


def test_a_standalone_file_has_only_what_it_uses_of_the_runtime() -> None:
    from archdsl.backends.torch import emit_engine

    text = emit_engine(rewritten(graph_of("vgg16")), standalone=True)
    names = {s.name for s in ast.parse(text).body if isinstance(s, ast.ClassDef | ast.FunctionDef)}
    assert {"Conv", "Linear", "MaxPool", "Engine", "recipe_of", "Vgg16Inference"} <= names
    assert names.isdisjoint({"folded", "after", "Threshold", "Norm", "densely", "Channels"})
    assert names.isdisjoint({"Pointwise", "Grouped", "block_diagonal", "lrn_kernel"})
    imported = {
        (s.names[0].name if isinstance(s, ast.Import) else s.module or "").split(".")[0]
        for s in ast.parse(text).body
        if isinstance(s, ast.Import | ast.ImportFrom)
    }
    assert imported - sys.stdlib_module_names == {"torch"}


def test_layers_that_moved_up_in_a_chain_find_their_tensors() -> None:
    made, _ = engine(dtype=torch.float64)
    assert made.places == {"body.3": "body.5", "body.2": "body.4", "body.1": "body.2"}


def test_a_state_dict_of_another_network_is_refused_by_name() -> None:
    graph = parsed(BLOCKS)
    state = dict(trained(graph).state_dict())
    del state["body.2.1.running_var"]
    model = nn.Module()
    model.state_dict = lambda: state  # type: ignore[method-assign, assignment, return-value]
    with pytest.raises(ValueError, match=r"body.2.1.running_var is missing"):
        engine_of(rewritten(graph), model)


def test_an_engine_keeps_its_weights_when_the_module_trains_on() -> None:
    made, model = engine(dtype=torch.float64)
    (x,) = images(parsed(BLOCKS))
    before = made(x)
    for parameter in model.parameters():
        parameter.data.zero_()
    assert torch.equal(made(x), before)


def test_results_need_no_gradients_and_no_layout() -> None:
    made, model = engine()
    (x,) = images(parsed(BLOCKS))
    found = made(x.requires_grad_())
    assert not found.requires_grad
    with torch.no_grad():
        expected = model(x)
    torch.testing.assert_close(found.double(), expected, rtol=0, atol=1e-5)


def test_many_images_are_computed_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = parsed(BLOCKS)
    model = trained(graph)
    module = engine_file(rewritten(graph))
    made = module.NetInference.from_state_dict(model.state_dict(), dtype=torch.float64)
    (x,) = images(graph, batch=11)
    whole = made(x)
    patch_runtime(monkeypatch, made, CACHE=0)  # four at a time is the least
    monkeypatch.setattr(made, "forward", Counted(made.forward))
    torch.testing.assert_close(made(x), whole, rtol=0, atol=1e-12)
    assert made.forward.batches == [4, 3]  # the second four are replayed


def test_layers_are_called_once_and_for_the_first_images_of_a_size(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made, model = engine(dtype=torch.float64)
    monkeypatch.setattr(made, "forward", Counted(made.forward))
    for batch in (1, 2, 1, 2, 1):
        x = torch.randn(batch, 3, 16, 16, dtype=torch.float64)
        with torch.no_grad():
            torch.testing.assert_close(made(x), model(x), rtol=0, atol=1e-10)
    assert made.forward.batches == [1, 2, 1]
    made.load(TrainedWeights(model.state_dict(), made.device, made.dtype))
    for _ in range(3):
        made(x)
    assert made.forward.batches == [1, 2, 1, 1, 1]


def test_a_layer_may_have_the_name_of_something_that_engines_have() -> None:
    words = sorted(ENGINE_ATTRIBUTES)
    unit = "\n  ".join(f"{word}: conv(3x3, 3)" for word in words)
    graph = parsed(f"""
block unit {{
  {unit}
  load_: relu
}}
network net {{ input 3x8x8
  {unit}
  conv(1x1, 3) -> bn -> inner: unit
}}""")
    agree(graph)


def test_the_attributes_of_engines_are_known() -> None:
    found = {*vars(Engine), *Engine.__annotations__} - MODULE_ATTRIBUTES
    assert {name for name in found if not name.startswith("_")} == ENGINE_ATTRIBUTES


def test_only_some_sizes_are_remembered() -> None:
    made, _ = engine()
    for batch in range(1, 12):
        made(torch.randn(batch, 3, 16, 16))
    assert [size[0] for (size,) in made.plans.known] == [4, 5, 6, 7, 8, 9, 10, 11]


class Counted:
    """A function that remembers the batches that it was given."""

    def __init__(self, function: Any) -> None:
        self.function = function
        self.batches: list[int] = []

    def __call__(self, x: torch.Tensor) -> Any:
        self.batches.append(len(x))
        return self.function(x)


def test_capture_is_for_a_gpu() -> None:
    made, _ = engine()
    with pytest.raises(ValueError, match="capture needs an engine on a GPU, this is on cpu"):
        made.capture(1)


@pytest.mark.parametrize("name", ["resnet20", "squeezenet1_1"])
def test_without_onednn_pytorch_does_it(name: str) -> None:
    graph = graph_of(name)
    model = trained(graph)
    (x,) = images(graph, batch=1)
    torch._C._set_mkldnn_enabled(False)
    try:
        found = engine_of(rewritten(graph), model)(x)
    finally:
        torch._C._set_mkldnn_enabled(True)
    fused = engine_of(rewritten(graph), model)(x)
    torch.testing.assert_close(found, fused, rtol=1e-4, atol=1e-4 * float(fused.abs().max()))


@pytest.mark.parametrize("kernel", [1, 2, 3, (2, 3), 5])
@pytest.mark.parametrize("stride", [None, 1, 2, 3])
@pytest.mark.parametrize("ceil", [False, True])
@pytest.mark.parametrize("large", [pooling.LARGE, 0])  # all images at once, one by one
def test_max_pools_are_pytorchs(
    kernel: Any, stride: int | None, ceil: bool, large: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pooling, "LARGE", large)
    for padding in range((min(kernel) if isinstance(kernel, tuple) else kernel) // 2 + 1):
        for height, width in ((8, 8), (9, 70), (12, 11)):
            x = torch.randn(2, 3, height, width)
            found = max_pool(x, kernel, stride, padding, ceil)
            expected = F.max_pool2d(x, kernel, stride, padding, ceil_mode=ceil)
            assert torch.equal(found, expected), (padding, height, width)
            assert torch.equal(max_pool(x[:0], kernel, stride, padding, ceil), expected[:0])
            for half in (torch.bfloat16, torch.float16):
                y = x.relu().to(half)
                found = max_pool(y, kernel, stride, padding, ceil, rectified=True)
                expected = F.max_pool2d(y, kernel, stride, padding, ceil_mode=ceil)
                assert torch.equal(found, expected), (half, padding, height, width)


@pytest.mark.parametrize("scales", ["rising", "both", "none"])
def test_a_threshold_and_an_affine_map_are_a_norm_and_a_relu(scales: str) -> None:
    """Also where a scale is nought or negative, and where the bound is beyond all numbers."""
    scale = {
        "rising": torch.tensor([0.5, 1.0, 2.0, 1e-3]),
        "both": torch.tensor([0.5, -1.0, -2.0, 1e-30]),
        "none": torch.tensor([0.0, 0.0, -0.0, 1e-45]),
    }[scales].double()
    shift = torch.tensor([1.0, -1.0, 0.5, -0.25]).double()
    for name, dtype in (("f", torch.float64), ("s", torch.float32)):
        tensors = {
            f"{name}.weight": scale,
            f"{name}.bias": shift,
            f"{name}.running_mean": torch.zeros(4).double(),
            f"{name}.running_var": torch.ones(4).double(),
        }
        given = TrainedWeights(tensors, torch.device("cpu"), dtype, "t")
        threshold = Threshold(name, eps=0.0)
        threshold.load(given)
        x = torch.randn(3, 4, 5, 5, dtype=dtype)
        kept, moved, _ = bounded(*affine(given, name, 0.0), dtype)
        found = threshold(x) * kept.to(dtype).view(-1, 1, 1) + moved.to(dtype).view(-1, 1, 1)
        expected = F.relu(x * scale.to(dtype).view(-1, 1, 1) + shift.to(dtype).view(-1, 1, 1))
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("path", "place", "expected"),
    [
        ("a.b.c.conv", "a.b.c", ".conv"),
        ("a.b.bn", "a.b.c", "bn"),
        ("a.b.c", "a.b.c", "c"),
        ("a.bn", "a.b.c", "..bn"),
        ("bn", "a.b.c", "...bn"),
        ("conv", "fc", "conv"),
        ("features.norm", "classifier", "features.norm"),
    ],
)
def test_a_path_is_written_as_a_layer_sees_it_and_read_so(
    path: str, place: str, expected: str
) -> None:
    assert relative(path, place) == expected
    tensors = {f"{path}.weight": torch.ones(1)}
    given = TrainedWeights(tensors, torch.device("cpu"), torch.float32, place)
    assert given[f"{expected}.weight"] == 1


@pytest.mark.parametrize("shape", [(1, 1, 8, 8), (3, 8, 8), (2, 3, 8), (1, 4, 8, 8)])
def test_other_inputs_are_refused_at_every_call(shape: tuple[int, ...]) -> None:
    """oneDNN only says that it could not create a primitive descriptor."""
    graph = parsed("network net { input 3x8x8\n conv(3x3, 4) -> relu }")
    made = engine_of(rewritten(graph), trained(graph, torch.float32))
    for _ in range(3):
        with pytest.raises(ValueError, match=r"expected a batch of \(3, 8, 8\), of any height"):
            made(torch.randn(shape))
        with pytest.raises(TypeError, match="expected 1 inputs, got 2"):
            made(torch.randn(2, 3, 8, 8), torch.randn(2, 3, 8, 8))
        assert made(torch.randn(2, 3, 8, 8)).shape == (2, 4, 8, 8)
        assert made(torch.randn(1, 3, 9, 10)).shape == (1, 4, 9, 10)
