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
from torch import Tensor, nn

Step = Callable[[Tensor], Any]
Peer = Callable[[nn.Module, Tensor], Step]


def fresh(model: nn.Module, images: Tensor, layout: torch.memory_format) -> nn.Module:
    """A copy of a model where and as the images are."""
    return copy.deepcopy(model).to(images.device, images.dtype).to(memory_format=layout).eval()


def without_gradients(model: nn.Module) -> Step:
    """A step of its own code object: two compiled copies of one function would share the code
    that was compiled first."""
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
    return _compiled(model, images, "max-autotune", freezing=True)


def _compiled(model: nn.Module, images: Tensor, mode: str | None, freezing: bool) -> Step:
    """torch.compile of a channels_last copy, compiled by its first call, which is made here."""
    import torch._inductor.config as inductor

    made = fresh(model, images, torch.channels_last)
    step: Step = torch.compile(without_gradients(made), mode=mode)
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
    given = images.float().numpy()
    return lambda images: torch.from_numpy(
        network(given if images.dtype is torch.bfloat16 else images.numpy())[0]
    )


# ------------------------------------------------------------------ on a GPU


def autocast(model: nn.Module, images: Tensor) -> Step:
    """Eager, channels_last, with single-precision weights and automatic mixed precision."""
    made = fresh(model, images.float(), torch.channels_last)

    def step(given: Tensor) -> Any:
        given = given.float().contiguous(memory_format=torch.channels_last)
        with torch.autocast("cuda", images.dtype):
            return made(given)

    return step


def graphed(peer: Peer) -> Peer:
    """A peer under a CUDA graph, so that what is compared is kernels, not launches."""

    def prepare(model: nn.Module, images: Tensor) -> Step:
        step = peer(model, images)
        place = images.contiguous(memory_format=torch.channels_last).clone()
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                step(place)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            outputs = step(place)

        def replay(given: Tensor) -> Any:
            place.copy_(given)
            graph.replay()
            return outputs

        return replay

    return prepare


CPU: dict[str, Peer] = {
    "eager": eager,
    "channels_last": channels_last,
    "compile": compiled,
    "compile+freezing": frozen,
    "onnxruntime": onnx_runtime,
    "openvino": openvino,
}
CUDA: dict[str, Peer] = {
    "eager": channels_last,
    "autocast": autocast,
    "eager, graphed": graphed(channels_last),
    "compile, graphed": graphed(compiled),
    "max-autotune+freezing": graphed(max_autotune),
}
NEEDS = {"onnxruntime": ("onnx", "onnxruntime"), "openvino": ("openvino",)}


def available(device: str, dtype: torch.dtype) -> Iterator[tuple[str, Peer | str]]:
    """The peers on a device, each with how to prepare it or why it is left out."""
    for name, peer in (CUDA if device == "cuda" else CPU).items():
        missing = [m for m in NEEDS.get(name, ()) if importlib.util.find_spec(m) is None]
        if missing:
            yield name, f"{' and '.join(missing)} not installed"
        elif name == "onnxruntime" and dtype is not torch.float32:
            yield name, "single precision only"
        elif name == "autocast" and dtype is torch.float32:
            yield name, "half precision only"
        else:
            yield name, peer


@contextmanager
def exact() -> Iterator[None]:
    """Single precision without TF32, which engines do not use either."""
    before = torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = before
