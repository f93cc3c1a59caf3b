"""Engines as things to deploy: they travel, move, return ordinary tensors, and stay bounded."""

from __future__ import annotations

import copy
import io
import pickle
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import nn

from archdsl.runtime.bounded import Bounded
from archdsl.runtime.cpu.packed import Packed
from archdsl.runtime.gpu.autotune import Autotuned
from archdsl.runtime.hardware import lacks_units
from archdsl.runtime.version import VERSION, require_version
from tests.backends.torch.interpreter import graph_of
from tests.passes.engines import engine_file, rewritten, trained

NETWORK = """
block unit(c) { skip { conv(3x3, c, bias=false) -> bn -> relu -> conv(3x3, c) -> bn } -> relu }
network net { input 3x16x16
  conv(3x3, 8) -> bn -> relu -> unit(8) -> maxpool(2x2) -> lrn(3)
  bn -> relu -> conv(1x1, 12) -> prelu
  bn -> relu -> conv(3x3, 16) -> avgpool(global) -> flatten -> linear(5) }
"""
Engine = Any


@pytest.fixture(params=[False, True], ids=["thin", "standalone"])
def made(request: pytest.FixtureRequest) -> Iterator[tuple[Engine, nn.Module]]:
    """An engine whose file can be imported by name, as pickle does; and its module."""
    graph = graph_of(NETWORK)
    model = trained(graph, torch.float32)
    file = engine_file(rewritten(graph), request.param)
    yield file.NetInference.from_state_dict(model.state_dict()), model
    sys.modules.pop(file.__name__)


def images(batch: int = 2, size: int = 16) -> torch.Tensor:
    return torch.randn(batch, 3, size, size, generator=torch.Generator().manual_seed(batch))


def right(engine: Engine, model: nn.Module) -> None:
    """At every call the engine computes what the module does."""
    for batch in (2, 2, 3, 2):
        with torch.no_grad():
            expected = model(images(batch))
        torch.testing.assert_close(engine(images(batch)), expected, rtol=1e-4, atol=1e-4)


def pickled(engine: Engine) -> Engine:
    return pickle.loads(pickle.dumps(engine))


def saved(engine: Engine) -> Engine:
    file = io.BytesIO()
    torch.save(engine, file)
    file.seek(0)
    return torch.load(file, weights_only=False)


@pytest.mark.parametrize("copied", [pickled, saved, copy.deepcopy, copy.copy])
@pytest.mark.parametrize("calls", [0, 1, 3])
def test_engines_travel(
    made: tuple[Engine, nn.Module], calls: int, copied: Callable[[Engine], Engine]
) -> None:
    engine, model = made
    engine.labels = ["cat", "dog"]
    for _ in range(calls):
        engine(images())
    other = copied(engine)
    assert other.labels == ["cat", "dog"]
    assert not other.training
    right(other, model)
    right(engine, model)


def test_results_are_ordinary_tensors(made: tuple[Engine, nn.Module]) -> None:
    engine, _ = made
    for _ in range(3):
        y = engine(images())
        assert not y.is_inference()
        assert not y.requires_grad
        scale = torch.ones(5, requires_grad=True)
        (y * scale).sum().backward()  # autograd saves the result
        y.add_(1)


def test_what_changes_nothing_is_accepted(made: tuple[Engine, nn.Module]) -> None:
    engine, model = made
    for same in (engine.to("cpu"), engine.float(), engine.cpu(), engine.to(torch.float32)):
        assert same is engine
    right(engine.to(memory_format=torch.channels_last), model)


@pytest.mark.parametrize(
    ("convert", "dtype"),
    [
        (lambda engine: engine.half(), "torch.float16"),
        (lambda engine: engine.to(torch.bfloat16), "torch.bfloat16"),
        (lambda engine: engine.double(), "torch.float64"),
    ],
)
def test_another_type_is_refused(made: tuple[Engine, nn.Module], convert: Any, dtype: str) -> None:
    engine, model = made
    with pytest.raises(TypeError, match=rf"from_state_dict\(state_dict, dtype={dtype}\)"):
        convert(engine)
    right(engine, model)


@pytest.mark.gpu
def test_an_engine_moves_to_a_gpu_and_back(made: tuple[Engine, nn.Module]) -> None:
    engine, model = made
    engine(images())
    found = engine.cuda()(images())
    assert found.is_cuda
    with torch.no_grad():
        torch.testing.assert_close(found.cpu(), model(images()), rtol=1e-4, atol=1e-4)
    right(engine.cpu(), model)


def test_an_engine_on_a_device_without_numbers_has_their_shapes(
    made: tuple[Engine, nn.Module],
) -> None:
    """The one other device that every PyTorch has."""
    engine, _ = made
    engine(images())
    moved = copy.deepcopy(engine).to("meta")
    assert moved.device == torch.device("meta")
    assert {x.device for x in moved.numbers()} == {torch.device("meta")}


def test_a_state_dict_of_an_engine_would_be_no_networks(made: tuple[Engine, nn.Module]) -> None:
    engine, model = made
    with pytest.raises(TypeError, match=r"save the module's state_dict"):
        engine.state_dict()
    with pytest.raises(TypeError, match=r"from_state_dict\(state_dict\)"):
        engine.load_state_dict(model.state_dict())


def bounded(engine: Engine) -> Iterator[dict[Any, Any]]:
    """The caches of an engine by image size."""
    yield engine.plans.known
    for module in engine.modules():
        for value in vars(module).values():
            if isinstance(value, Packed):
                yield value.sizes
            if isinstance(value, Autotuned):
                yield value.chosen


def test_memory_is_bounded_over_many_image_sizes() -> None:
    graph = graph_of(NETWORK)
    file = engine_file(rewritten(graph))
    sys.modules.pop(file.__name__)
    engine = file.NetInference.from_state_dict(trained(graph, torch.float32).state_dict())
    for size in range(16, 66):
        engine(images(1, size))
    counts = [len(cache) for cache in bounded(engine)]
    assert 0 < max(counts) < 50
    assert counts[0] == 8


def test_a_bounded_cache_drops_its_oldest_entry() -> None:
    cache: Bounded[int, int] = Bounded(3)
    for number in (1, 2, 3, 2, 4):
        cache[number] = number
    assert list(cache) == [2, 3, 4]


def test_a_warm_engine_has_plans_for_its_sizes(made: tuple[Engine, nn.Module]) -> None:
    engine, model = made
    state = torch.get_rng_state()
    engine.warmup([(2, 3, 16, 16), (1, 3, 20, 24)])
    assert torch.equal(torch.get_rng_state(), state)
    assert [tuple(size) for (size,) in engine.plans.known] == [(2, 3, 16, 16), (1, 3, 20, 24)]
    engine.forward = None  # its modules are not called any more
    engine(images(2))
    del engine.forward
    right(engine, model)


def test_layers_show_their_sizes(made: tuple[Engine, nn.Module]) -> None:
    engine, _ = made
    for _ in range(3):
        text = repr(engine)
        engine(images())
        assert "images of 3x16x16 in torch.float32 on cpu" in text
        assert "Conv3x3(3, 8, kernel_size=3x3, padding=(1, 1), act=relu)" in text
        assert "Linear(16, 5)" in text
        assert "Pointwise(8, 12, kernel_size=1x1" in text


@pytest.mark.parametrize("strict", [False, True])
def test_export_points_to_the_module(made: tuple[Engine, nn.Module], strict: bool) -> None:
    engine, _ = made
    with pytest.raises(Exception, match="export the module that its weights come from"):
        torch.export.export(engine, (images(),), strict=strict)


@pytest.mark.parametrize("dynamo", [False, True])
def test_onnx_points_to_the_module(made: tuple[Engine, nn.Module], dynamo: bool) -> None:
    pytest.importorskip("onnxscript")
    engine, model = made
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter that PyTorch deprecates
        with pytest.raises(Exception, match="export the module that its weights come from"):
            torch.onnx.export(engine, (images(),), io.BytesIO(), dynamo=dynamo)
    right(engine, model)


def test_tracing_points_to_the_module(made: tuple[Engine, nn.Module]) -> None:
    engine, _ = made
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(RuntimeError, match="export the module that its weights come from"):
            torch.jit.trace(engine, images())


# ------------------------------------------------------------------ hardware


XEON = {"architecture": "x86_64", "avx512_f": True, "avx512_vnni": True, "avx512_bf16": False}


@pytest.mark.parametrize(
    ("dtype", "capabilities", "lacks"),
    [
        (torch.bfloat16, XEON, True),
        (torch.float16, XEON, True),
        (torch.float32, XEON, False),
        (torch.float64, XEON, False),
        (torch.bfloat16, {**XEON, "avx512_bf16": True}, False),
        (torch.bfloat16, {**XEON, "amx_bf16": True}, False),
        (torch.float16, {**XEON, "avx512_fp16": True}, False),
        (torch.bfloat16, {"architecture": "arm64", "neon": True, "bf16": True}, False),
        (torch.bfloat16, {}, False),  # a PyTorch that lists none
    ],
)
def test_types_without_units(dtype: torch.dtype, capabilities: Any, lacks: bool) -> None:
    assert lacks_units(dtype, capabilities) is lacks


def test_a_type_without_units_is_warned_about(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: XEON, raising=False)
    graph = graph_of(NETWORK)
    file = engine_file(rewritten(graph))
    sys.modules.pop(file.__name__)
    state = trained(graph, torch.float32).state_dict()
    with pytest.warns(UserWarning, match=r"no arithmetic units for torch.bfloat16"):
        file.NetInference.from_state_dict(state, dtype=torch.bfloat16)


# ------------------------------------------------------------------ version


def test_a_runtime_runs_engines_of_its_own_version() -> None:
    require_version(VERSION)


@pytest.mark.parametrize(
    ("needed", "advice"),
    [("1.99", "upgrade archdsl, or compile"), ("2.0", "upgrade archdsl"), ("0.9", "compile the")],
)
def test_another_version_is_refused_with_the_next_step(needed: str, advice: str) -> None:
    with pytest.raises(ImportError, match=rf"needs archdsl.runtime {needed}.*: {advice}"):
        require_version(needed)


def test_a_name_that_is_missing_is_explained() -> None:
    with pytest.raises(ImportError, match=r"has no 'Transformer'.*must be compiled again"):
        exec("from archdsl.runtime import Transformer")
