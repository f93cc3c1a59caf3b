"""Kernels beside PyTorch's operators, and the choice between them; without a GPU interpreted."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from archdsl.backends.torch import emit_engine
from archdsl.ir import Graph
from archdsl.runtime.gpu import kernels
from archdsl.runtime.gpu.autotune import Autotuned, agrees
from archdsl.runtime.layers.channels import put
from archdsl.runtime.layers.layer import Layer
from archdsl.runtime.layers.norms import LocalResponseNorm
from archdsl.runtime.weights.recipes import clamped
from tests.architectures.shipped import graph_of
from tests.backends.torch.interpreter import graph_of as parsed
from tests.passes.engines import engine_of, images, patch_runtime, rewritten, trained

pytest.importorskip("triton")
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
# What rounding may change, beside the largest number.
ROUNDING = {torch.float32: 1e-5, torch.bfloat16: 0.02, torch.float16: 0.003}
DTYPES = st.sampled_from(list(ROUNDING))


@pytest.fixture(autouse=True, scope="module")
def _interpreter() -> Any:
    """What Triton 3.6's interpreter lacks: a range up to an argument, which NumPy 2.4 does not
    take for a number, and products of bfloat16, which it keeps as integers."""
    import triton
    from triton import language as tl
    from triton.runtime import interpreter

    if DEVICE == "cpu" and not triton.__version__.startswith("3.6."):
        pytest.skip("the interpreters of other Tritons lack other things")

    tensors, product = interpreter._patch_lang_tensor, interpreter.InterpreterBuilder.create_dot

    def patched(tensor: Any, scope: Any) -> None:
        tensors(tensor, scope)
        scope.set_attr(tensor, "__index__", lambda self: self.handle.data.item())

    def create_dot(self: Any, a: Any, b: Any, *more: Any) -> Any:
        if a.dtype == tl.bfloat16:
            a, b = (self.cast_impl(operand, tl.float32) for operand in (a, b))
        return product(self, a, b, *more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(interpreter, "_patch_lang_tensor", patched)
        patch.setattr(interpreter.InterpreterBuilder, "create_dot", create_dot)
        yield


def random(*shape: int, dtype: torch.dtype = torch.float32, seed: int = 0) -> Tensor:
    made = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    return made.to(DEVICE, dtype)


def pixels(*shape: int, dtype: torch.dtype, around: int = 0, seed: int = 0) -> Tensor:
    """A value in channels_last; a slice of one with more channels, if there are any around."""
    images, channels, height, width = shape
    made = random(images, channels + 2 * around, height, width, dtype=dtype, seed=seed)
    made = made.contiguous(memory_format=torch.channels_last)
    return made[:, around : around + channels]


def close(found: Tensor, expected: Tensor) -> None:
    assert found.is_contiguous(memory_format=torch.channels_last)
    scale = float(expected.abs().max().clamp(min=1e-3))
    rounding = ROUNDING[found.dtype] * scale
    torch.testing.assert_close(found.double(), expected, rtol=0, atol=rounding)


@settings(max_examples=10)
@given(st.data(), DTYPES)
def test_a_bounded_convolution(data: st.DataObject, dtype: torch.dtype) -> None:
    kernel, stride = data.draw(st.sampled_from([1, 1, 2, 3, 5])), data.draw(st.integers(1, 2))
    padding = data.draw(st.integers(0, kernel // 2))
    n, height, width = data.draw(st.integers(1, 2)), *(data.draw(st.integers(5, 9)) for _ in "hw")
    inputs, outputs = data.draw(st.integers(1, 150)), data.draw(st.integers(1, 150))
    around = data.draw(st.sampled_from([0, 3]))
    x = pixels(n, inputs, height, width, dtype=dtype, around=around)
    weight = random(outputs, inputs, kernel, kernel, dtype=dtype, seed=1)
    bias = random(outputs, dtype=dtype, seed=2) if data.draw(st.booleans()) else None
    bounded, falls, added, relu = (data.draw(st.booleans()) for _ in range(4))
    bounded = bounded and not padding
    low = random(inputs, 1, 1, dtype=dtype, seed=3) - 1 if bounded else None
    high = random(inputs, 1, 1, dtype=dtype, seed=4) + 2 if bounded and falls else None
    exact = [None if t is None else t.double() for t in (x, low, high, weight, bias)]
    expected = F.conv2d(clamped(*exact[:3]), *exact[3:], stride, padding)
    other = pixels(*expected.shape, dtype=dtype, around=around) if added else None
    first = data.draw(st.integers(1, outputs))
    widths = data.draw(st.sampled_from([[], [outputs], [first, outputs - first]]))
    sizes = [(n, width, *expected.shape[2:]) for width in widths if width]
    out = tuple(pixels(*size, dtype=dtype, around=3, seed=5) for size in sizes)

    given = (weight, bias, (padding, padding), (stride, stride))
    options = {"low": low, "high": high, "other": other, "relu": relu, "out": out or None}
    found = kernels.convolution(x, *given, **options)

    expected = expected if other is None else expected + other.double()
    whole = torch.cat(out, 1) if out else found
    close(whole, expected.relu() if relu else expected)
    assert not out or found is out[0]


def test_a_convolution_writes_no_further_than_its_place() -> None:
    whole = pixels(2, 40, 5, 7, dtype=torch.float32).clone(memory_format=torch.channels_last)
    before = whole.clone()
    x, weight = pixels(2, 20, 5, 7, dtype=torch.float32), random(24, 20, 3, 3, seed=1)
    expected = F.conv2d(x.double(), weight.double(), padding=1)
    kernels.convolution(x, weight, None, (1, 1), out=(whole[:, 8:32],))
    close(whole[:, 8:32].contiguous(memory_format=torch.channels_last), expected)
    whole[:, 8:32] = before[:, 8:32]
    assert torch.equal(whole, before)
    kernels.convolution(x, weight, None, (1, 1), out=(whole[:, 25:40], whole[:, 3:12]))
    close(torch.cat([whole[:, 25:], whole[:, 3:12]], 1), expected)
    whole[:, 25:], whole[:, 3:12] = before[:, 25:], before[:, 3:12]
    assert torch.equal(whole, before)


@settings(max_examples=20)
@given(st.data(), DTYPES, st.sampled_from([4, 8, 16, 32]))
def test_a_convolution_in_narrow_groups(
    data: st.DataObject, dtype: torch.dtype, narrow: int
) -> None:
    channels = data.draw(st.sampled_from([32, 64, 96]))
    kernel, stride = data.draw(st.sampled_from([1, 2, 3, 5])), data.draw(st.integers(1, 2))
    padding = data.draw(st.integers(0, kernel // 2))
    n, height, width = data.draw(st.integers(1, 2)), *(data.draw(st.integers(5, 9)) for _ in "hw")
    x = pixels(n, channels, height, width, dtype=dtype, around=data.draw(st.sampled_from([0, 3])))
    weight = random(channels, narrow, kernel, kernel, dtype=dtype, seed=1)
    bias = random(channels, dtype=dtype, seed=2)
    expected = F.conv2d(
        *(t.double() for t in (x, weight, bias)), stride, padding, groups=channels // narrow
    )
    added, relu = data.draw(st.booleans()), data.draw(st.booleans())
    other = pixels(*expected.shape, dtype=dtype, seed=3) if added else None

    given = (kernels.block_diagonal(weight), bias, (padding, padding), (stride, stride))
    found = kernels.convolution(x, *given, other=other, relu=relu)

    expected = expected if other is None else expected + other.double()
    close(found, expected.relu() if relu else expected)


@pytest.mark.parametrize(
    ("weight", "window"),
    [
        ((32, 32, 1, 3), ((0, 1), (1, 1), (1, 1))),
        ((32, 32, 3, 3), ((1, 1), (2, 1), (1, 1))),
        ((32, 32, 3, 3), ((1, 0), (1, 1), (1, 1))),
        ((32, 32, 3, 3), ((1, 1), (1, 1), (2, 2))),
        ((96, 16, 3, 3), ((1, 1), (1, 1), (1, 1))),  # groups of 48, tiles of 32
    ],
)
def test_what_the_kernel_does_not_do_is_refused(weight: Any, window: Any) -> None:
    x = pixels(1, 32, 5, 5, dtype=torch.float32)
    with pytest.raises(ValueError, match="no square window, or groups"):
        kernels.convolution(x, random(*weight), None, *window)


@pytest.mark.parametrize("dtype", ROUNDING, ids=str)
@pytest.mark.parametrize(("channels", "size"), [(5, 3), (96, 5), (33, 4), (2, 7), (1, 1)])
def test_local_response_normalisation(channels: int, size: int, dtype: torch.dtype) -> None:
    x = pixels(2, channels, 5, 7, dtype=dtype) * 8
    expected = F.local_response_norm(x.double(), size, 0.3, 0.6, 2.0)
    close(kernels.lrn(x, size, 0.3, 0.6, 2.0), expected)
    layer = LocalResponseNorm(size, alpha=0.3, beta=0.6, k=2.0)
    close(layer(x), expected)
    torch.testing.assert_close(layer(x.double()), expected, rtol=1e-13, atol=0)


def test_a_nan_stays_one() -> None:
    """As in PyTorch, so that a network that has gone wrong is not taken for a right one."""
    x = pixels(1, 4, 2, 2, dtype=torch.float32)
    x[0, 1, 0, 1] = torch.nan
    bound = torch.zeros(4, 1, 1, device=DEVICE)
    weight = random(3, 4, 1, 1)
    found = kernels.convolution(x, weight, None, low=bound, high=bound + 1, relu=True)
    assert torch.equal(found.isnan()[0, 0].cpu(), torch.tensor([[False, True], [False, False]]))


@pytest.mark.parametrize("pixels", [1, 49, 3136, 1 << 20])
@pytest.mark.parametrize("channels", [3, 24, 64, 128, 1000])
def test_a_tile_is_no_larger_than_what_keeps_a_gpu_busy(pixels: int, channels: int) -> None:
    many, across = kernels.tile(pixels, channels)
    assert {many, across} <= {32, 64, 128}
    programs = -(-pixels // many) * -(-channels // across)
    assert programs >= 128 or (many == 32 and across == 32)


# ------------------------------------------------------------------ the choice


def slow(x: Tensor) -> Tensor:
    for _ in range(200):
        y = x + x
    return y


def test_the_fastest_is_chosen_for_each_shape() -> None:
    by_shape = [slow, lambda x: slow(x) if len(x) > 1 else x * 2]
    choice = Autotuned(*by_shape)
    x = random(4, 8)
    for part in (x, x[:1], x):
        assert torch.equal(choice(part), part * 2)
    assert choice.chosen[x[:1].shape] is by_shape[1]
    assert set(choice.chosen) == {x.shape, x[:1].shape}


def fails(x: Tensor) -> Tensor:
    raise RuntimeError("not for this device")


def has_not_a_number(x: Tensor) -> Tensor:
    y = x * 2
    y[0, 0] = torch.nan
    return y


@pytest.mark.parametrize(
    "wrong",
    [
        fails,
        has_not_a_number,
        lambda x: x * 2.1,
        lambda x: (x * 2)[:, :3],
        lambda x: torch.where(x == x.max(), 0, x * 2),
        lambda x: x * torch.inf,
    ],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_what_is_wrong_is_not_chosen(wrong: Any, dtype: torch.dtype) -> None:
    choice = Autotuned(slow, wrong)
    x = random(8, 8, dtype=dtype)
    assert torch.equal(choice(x), x * 2)
    assert list(choice.chosen.values()) == [slow]


def test_what_is_right_but_for_rounding_is_chosen() -> None:
    choice = Autotuned(slow, lambda x: (x.double() * (2 + 1e-6)).to(x.dtype))
    choice(random(8, 8))
    assert choice.chosen[torch.Size([8, 8])] is choice.candidates[1]


def test_a_layer_can_choose_its_kernel() -> None:
    """The real candidates; cuDNN's operators fail on a CPU, and are passed over."""
    graph = parsed("network net { input 16x3x3\n bn -> relu -> conv(1x1, 8) -> bn -> relu }")
    made = engine_of(rewritten(graph), trained(graph), device=DEVICE)
    (layer,) = (module for module in made.modules() if hasattr(module, "kernel"))
    x = pixels(2, 16, 3, 3, dtype=torch.float32)
    expected, candidates = layer.plain(x, None), layer.candidates()
    right = [each.__name__ for each in candidates if agrees(each, (x, None), expected)]
    assert [each.__name__ for each in candidates] == ["plain", "cudnn", "kernel"]
    assert right == (["plain", "kernel"] if DEVICE == "cpu" else ["plain", "cudnn", "kernel"])


# ------------------------------------------------------------------ engines

LONG = ("dense", "groups", "fire")  # whose candidates take long where kernels are interpreted

NETWORKS = {
    "dense": """
block layer(growth) { bn -> relu -> conv(1x1, 16) -> bn -> relu -> conv(3x3, growth) }
network net { input 3x8x8
  conv(3x3, 8) -> bn -> relu
  dense 3 { layer(4) } -> bn -> relu -> conv(1x1, 12) -> avgpool(2x2)
  dense 2 { layer(4) } -> bn -> relu -> avgpool(global) -> flatten -> linear(5) }""",
    "pre-activation": """
block unit(c) { skip { bn -> relu -> conv(1x1, 4) -> bn -> relu -> conv(3x3, 4) -> bn -> relu
  -> conv(1x1, c) } }
network net { input 3x8x8
  conv(3x3, 16) -> unit(16) -> unit(16) -> bn -> relu -> conv(1x1, 5, /2) -> hardswish }""",
    "groups": """
block unit(c) { skip { conv(1x1, 32) -> bn -> relu -> conv(3x3, 32, groups=8) -> bn -> relu
  -> conv(1x1, c) -> bn } -> relu }
network net { input 3x8x8
  conv(3x3, 24) -> bn -> relu -> unit(24)
  conv(1x1, 64) -> relu -> conv(3x3, 64, /2, groups=4) -> tanh }""",
    "responses": """
network net { input 3x8x8
  conv(3x3, 12) -> relu -> lrn(5) -> conv(1x1, 8) -> lrn(4, k=2) -> flatten -> linear(3) }""",
    "fire": """
block fire(c) { conv(1x1, 4) -> relu -> concat { | conv(1x1, c) -> relu | conv(3x3, c) -> relu } }
network net { input 3x9x9\n conv(3x3, 16, /2) -> relu -> fire(8) -> fire(12) -> maxpool(2x2)
  fire(4) -> concat { | conv(5x5, 8) -> hardswish | avgpool(3x3, stride=1, pad=1) }
  avgpool(global) }""",
    "inception": """
network net { input 3x8x8\n conv(3x3, 16) -> relu
  concat {
    | conv(1x1, 8) -> bn -> relu
    | conv(1x1, 4) -> bn -> relu -> conv(3x3, 8) -> bn -> relu
    | conv(1x1, 4) -> bn -> relu -> conv(1x3, 4) -> bn -> relu -> conv(3x1, 8)
    | maxpool(3x3, stride=1, pad=1) -> conv(1x1, 8) -> tanh
  } -> relu -> avgpool(global) -> flatten -> linear(3) }""",
}
KERNELS = {
    "dense": 12,
    "pre-activation": 8,
    "groups": 6,
    "responses": 4,
    "fire": 11,
}
# Parts that are still copied: those that others read, too, and those that no choice makes.
COPIED = {"dense": 5, "fire": 1}


def engine_file(graph: Graph, folder: Path, standalone: bool = False) -> Any:
    """The engine's file as a module; Triton reads a standalone one's kernels from there."""
    path = folder / f"{graph.name}_inference.py"
    path.write_text(emit_engine(rewritten(graph), standalone=standalone))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("standalone", [False, True], ids=["thin", "standalone"])
@pytest.mark.parametrize("name", KERNELS)
def test_an_engine_of_kernels_alone_computes_the_same(
    name: str, standalone: bool, tmp_path: Path
) -> None:
    graph = parsed(NETWORKS[name])
    model = trained(graph)
    engine = engine_file(graph, tmp_path, standalone).NetInference
    made = engine.from_state_dict(model.state_dict(), device=DEVICE)
    layers = [module for module in made.modules() if hasattr(module, "kernel")]
    assert len(layers) == KERNELS[name]
    for layer in layers:
        layer.run = layer.kernel
    (x,) = images(graph)
    with torch.no_grad():
        expected = model(x)
    scale = float(expected.abs().max())
    torch.testing.assert_close(made(x).cpu().double(), expected, rtol=0, atol=1e-5 * scale)


def last_right(candidates: Any, *inputs: Any, **place: Tensor) -> Any:
    """In place of the fastest, which is no kernel where they are interpreted."""
    expected = candidates[0](*inputs)
    return [each for each in candidates if agrees(each, inputs, expected, **place)][-1]


@pytest.mark.parametrize(
    "name",
    [pytest.param(each, marks=pytest.mark.minutes if each in LONG else ()) for each in NETWORKS],
)
def test_choices_are_recorded_and_write_where_their_results_are_to_be(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = parsed(NETWORKS[name])
    model = trained(graph)
    tuning(monkeypatch, graph, last_right)
    made = engine_of(rewritten(graph), model, device=DEVICE)
    for x in (*images(graph), *images(graph, 3), *images(graph)):
        with torch.no_grad():
            expected = model(x)
        scale = float(expected.abs().max())
        for _ in range(3):
            found = made(x).cpu().double()
            torch.testing.assert_close(found, expected, rtol=0, atol=1e-5 * scale)
    assert len(made.plans.known) == 2
    for run in made.plans.known.values():
        called = [c for name, c in run.__globals__.items() if name.startswith("constant")]
        assert torch.cat not in called
        assert called.count(put) == COPIED.get(name, 0)


def tuning(patch: pytest.MonkeyPatch, graph: Graph, fastest: Any) -> None:
    """Have layers autotune on any device, and choose by a function."""
    patch_runtime(
        patch,
        engine_of(rewritten(graph), trained(graph)),
        autotunes=lambda *_: True,
        onednn_takes=lambda *_: False,
        fastest=fastest,
    )


def test_an_engine_tries_nothing_at_its_first_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """That would make its first result wait for compilers."""
    network = parsed(NETWORKS["responses"])
    (x,) = images(network)
    tried: list[Any] = []

    def fastest(candidates: Any, *inputs: Any, **place: Tensor) -> Any:
        tried.append(candidates)
        return candidates[0]

    tuning(monkeypatch, network, fastest)
    made = engine_of(rewritten(network), trained(network), device=DEVICE)
    first = made(x)
    assert not tried
    torch.testing.assert_close(made(x), first)
    layers = [layer for layer in made.modules() if isinstance(layer, Layer)]
    assert len(tried) == sum(isinstance(layer.fast_path, Autotuned) for layer in layers) == 4


WITHOUT = """
import sys
sys.modules["triton"] = None
import torch
from archdsl.runtime import Pointwise
from archdsl.runtime.gpu.autotune import fastest
from archdsl.runtime.weights.recipes import TrainedWeights
from net_inference import NetInference
layer = Pointwise("conv")
weights = {"conv.weight": torch.ones(3, 4, 1, 1)}
layer.load(TrainedWeights(weights, torch.device("cpu"), torch.float32))
assert fastest((layer.plain, layer.kernel), torch.ones(1, 4, 2, 2), None) == layer.plain
torch.manual_seed(0)
state = torch.load("state.pt")
print(NetInference.from_state_dict(state)(torch.load("x.pt")).tolist())
"""


def test_an_engine_needs_no_triton(tmp_path: Path) -> None:
    graph = parsed(NETWORKS["dense"])
    model = trained(graph)
    (tmp_path / "net_inference.py").write_text(emit_engine(rewritten(graph)))
    torch.save(model.state_dict(), tmp_path / "state.pt")
    (x,) = images(graph)
    torch.save(x, tmp_path / "x.pt")
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    with torch.no_grad():
        expected = model(x)
    found = torch.tensor(eval(run.stdout))
    torch.testing.assert_close(found.double(), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
def test_response_normalisation_in_half_precision(dtype: torch.dtype) -> None:
    """On a CPU, where PyTorch's own has no bfloat16."""
    graph = parsed(NETWORKS["responses"])
    model = trained(graph)
    (x,) = images(graph)
    with torch.no_grad():
        expected = model(x)
    found = engine_of(rewritten(graph), model, dtype=dtype)(x)
    assert (found.double() - expected).norm() <= ROUNDING[dtype] * expected.norm()


@pytest.mark.parametrize("name", ["alexnet", "zfnet", "googlenet"])
def test_a_shipped_network_has_the_engines_response_normalisation(name: str) -> None:
    text = emit_engine(rewritten(graph_of(name)))
    assert "LocalResponseNorm(" in text
    assert "local_response_norm(" not in text


# What the interpreter lets pass: types that do not fit, shapes that are no powers of two.
COMPILE = """
import sys
from pathlib import Path
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from archdsl.runtime.gpu import kernels

kernels.compiled()
POINTERS = ("x", "weight", "bias", "low", "high", "other", "y", "rest")
ABSENT = ("low", "high", "rest")
ALONE, AROUND = dict(KERNEL=1, STRIDE=1, PADDING=0), dict(KERNEL=3, STRIDE=2, PADDING=1)
CASES = (
    ("convolution_kernel", dict(ALONE, RELU=True, PIXELS=128, OUTPUTS=128), ("high", "other"), 8),
    ("convolution_kernel", dict(ALONE, RELU=False, PIXELS=32, OUTPUTS=64), ("bias", "rest"), 4),
    ("convolution_kernel", dict(AROUND, RELU=True, PIXELS=128, OUTPUTS=32), ABSENT, 4),
    ("lrn_kernel", dict(SIZE=5, ALPHA=1e-4, BETA=0.75, K=1.0, PIXELS=8, CHANNELS=128), (), 4),
)
for dtype, size in (("fp32", 4), ("bf16", 2), ("fp16", 2)):
    for name, constants, absent, warps in CASES:
        kernel = getattr(kernels, name)
        given = {**constants, **dict.fromkeys(absent)}
        if name == "convolution_kernel":
            given["INPUTS"] = 128 // size
        assert {p.name for p in kernel.params if p.is_constexpr} <= set(given)
        assert set(constants) <= {p.name for p in kernel.params if p.is_constexpr}
        types = {n: f"*{dtype}" if n in POINTERS else "i32" for n in kernel.arg_names}
        types |= dict.fromkeys(given, "constexpr")
        source, target = ASTSource(kernel, types, given), GPUTarget("cuda", 90, 32)
        made = triton.compile(source, target=target, options={"num_warps": warps})
        print(name, dtype, "wgmma" in made.asm["ptx"])
"""


@pytest.mark.slow
def test_the_kernels_compile_for_a_gpu(tmp_path: Path) -> None:
    given = os.environ | {"TRITON_INTERPRET": "0", "TRITON_CACHE_DIR": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", COMPILE], env=given, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    lines = run.stdout.splitlines()
    assert len(lines) == 12
    fast = {line for line in lines if line.endswith("True")}
    # Hopper's own product of matrices, where there is one for the type.
    assert fast == {f"convolution_kernel {dtype} True" for dtype in ("bf16", "fp16")}


@pytest.mark.gpu
@pytest.mark.parametrize("dtype", ROUNDING, ids=str)
@pytest.mark.parametrize("name", NETWORKS)
def test_a_gpu_computes_the_same(name: str, dtype: torch.dtype, tmp_path: Path) -> None:
    graph = parsed(NETWORKS[name])
    model = trained(graph)
    engine = engine_file(graph, tmp_path).NetInference
    made = engine.from_state_dict(model.state_dict(), device="cuda", dtype=dtype)
    (x,) = images(graph)
    with torch.no_grad():
        expected = model(x)
    rounding = 4 * ROUNDING[dtype] * expected.norm()
    assert (made(x).cpu().double() - expected).norm() <= rounding
    replay = made.capture(len(x))
    assert (replay(x).cpu().double() - expected).norm() <= rounding
    with pytest.raises(ValueError, match="expected images of"):
        replay(x[:1])
