"""What an inference engine is measured against: the same trained network, run by others.

Each peer is a function that prepares a model for one batch and returns the step to be timed.
"""

from __future__ import annotations

import copy
import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from machine import captured
from torch import Tensor, nn

Step = Callable[[Tensor], Any]
Peer = Callable[[nn.Module, Tensor], Step]


def fresh(model: nn.Module, images: Tensor, layout: torch.memory_format) -> nn.Module:
    """A copy of a model where and as the images are."""
    return copy.deepcopy(model).to(images.device, images.dtype).to(memory_format=layout).eval()


def own_code(model: nn.Module) -> Step:
    """A model's call as a code object of its own: two compiled copies of one function would share
    the code that was compiled first."""
    scope: dict[str, Any] = {"model": model}
    exec("def step(images):\n    return model(images)", scope)
    step: Step = scope["step"]
    return step


def eager(model: nn.Module, images: Tensor) -> Step:
    return fresh(model, images, torch.contiguous_format)


def channels_last(model: nn.Module, images: Tensor) -> Step:
    made = fresh(model, images, torch.channels_last)
    return lambda given: made(given.contiguous(memory_format=torch.channels_last))


def compiled(model: nn.Module, images: Tensor) -> Step:
    return _compiled(model, images, None, freezing=False)


def frozen(model: nn.Module, images: Tensor) -> Step:
    return _compiled(model, images, None, freezing=True)


def max_autotune(model: nn.Module, images: Tensor) -> Step:
    """Every kernel tried; without the compiler's own CUDA graph, since it is put under ours."""
    return _compiled(model, images, "max-autotune-no-cudagraphs", freezing=True)


def _compiled(model: nn.Module, images: Tensor, mode: str | None, freezing: bool) -> Step:
    """torch.compile of a channels_last copy, compiled by its first call, which is made here."""
    import torch._inductor.config as inductor

    made = fresh(model, images, torch.channels_last)
    step: Step = torch.compile(own_code(made), mode=mode)
    given = images.contiguous(memory_format=torch.channels_last)
    with inductor.patch(freezing=freezing):
        step(given)
    return lambda images: step(images.contiguous(memory_format=torch.channels_last))


def onnx_runtime(model: nn.Module, images: Tensor) -> Step:
    """ONNX Runtime, from TorchScript's exporter; single precision only."""
    import io

    import onnxruntime

    file = io.BytesIO()
    torch.onnx.export(fresh(model, images, torch.contiguous_format), (images,), file, dynamo=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(
        file.getvalue(), options, providers=["CPUExecutionProvider"]
    )
    name = session.get_inputs()[0].name
    return lambda given: torch.from_numpy(session.run(None, {name: given.numpy()})[0])


def openvino(model: nn.Module, images: Tensor) -> Step:
    """OpenVINO, for latency, in the type of the images."""
    import openvino as ov

    exact = fresh(model, images.float(), torch.contiguous_format)
    core = ov.Core()
    core.set_property("CPU", {"INFERENCE_NUM_THREADS": torch.get_num_threads()})
    half = images.dtype is torch.bfloat16
    hints = {"INFERENCE_PRECISION_HINT": "bf16" if half else "f32", "PERFORMANCE_HINT": "LATENCY"}
    converted = ov.convert_model(exact, example_input=images.float())
    network = core.compile_model(converted, "CPU", hints)
    return lambda images: torch.from_numpy(network(images.float().numpy())[0])


# ------------------------------------------------------------------ on a GPU


def autocast(model: nn.Module, images: Tensor) -> Step:
    """Eager, channels_last, with single-precision weights and automatic mixed precision."""
    made = fresh(model, images.float(), torch.channels_last)

    def step(given: Tensor) -> Any:
        with torch.autocast(images.device.type, images.dtype):
            return made(given.contiguous(memory_format=torch.channels_last))

    return step


def graphed(peer: Peer) -> Peer:
    """A peer under a CUDA graph, so that what is compared is kernels, not launches.

    Images are copied into the graph's place, as an engine's `capture` does.
    """

    def prepare(model: nn.Module, images: Tensor) -> Step:
        place = images.clone(memory_format=torch.channels_last)
        replay = captured(peer(model, images), place)

        def step(given: Tensor) -> Any:
            place.copy_(given)
            return replay()

        return step

    return prepare


PEERS: dict[str, Peer] = {
    "eager": eager,
    "channels_last": channels_last,
    "autocast": autocast,
    "eager+graph": graphed(channels_last),
    "compile": compiled,
    "compile+freezing": frozen,
    "compile+graph": graphed(compiled),
    "max-autotune+freezing+graph": graphed(max_autotune),
    "onnxruntime": onnx_runtime,
    "openvino": openvino,
}
# What is measured where nothing else is asked for, the cheap ones first.
USUAL = {
    "cpu": ("eager", "channels_last", "compile", "compile+freezing", "onnxruntime", "openvino"),
    "cuda": (
        "channels_last",
        "autocast",
        "eager+graph",
        "compile+graph",
        "max-autotune+freezing+graph",
    ),
}
NEEDS = {"onnxruntime": ("onnx", "onnxruntime"), "openvino": ("openvino",)}


def missing(name: str, dtype: torch.dtype) -> str | None:
    """Why a peer cannot be measured in a type; None where it can."""
    absent = [each for each in NEEDS.get(name, ()) if importlib.util.find_spec(each) is None]
    if absent:
        return f"{' and '.join(absent)} not installed"
    if name == "onnxruntime" and dtype is not torch.float32:
        return "single precision only"
    if name == "autocast" and dtype is torch.float32:
        return "half precision only"
    return None


@contextmanager
def exact() -> Iterator[None]:
    """Single precision without TF32, which engines do not use either; cuDNN's fastest kernels."""
    cudnn, products = torch.backends.cudnn, torch.backends.cuda.matmul
    before = cudnn.benchmark, cudnn.allow_tf32, products.allow_tf32
    cudnn.benchmark, cudnn.allow_tf32, products.allow_tf32 = True, False, False
    try:
        yield
    finally:
        cudnn.benchmark, cudnn.allow_tf32, products.allow_tf32 = before
