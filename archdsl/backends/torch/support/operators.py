"""Which operators an engine's layers may choose from where they run."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import isfinite
from typing import Any

import torch
import torch.nn.functional as F
from archdsl.backends.torch.support.weights import Trained
from torch import Tensor, nn

Activation = Callable[[Tensor], Tensor]
# What oneDNN calls the activations that it applies to a result before it is written. Its
# hardsigmoid, which turns NaN into 1, is not among them.
ONEDNN: dict[Activation | None, str] = {
    None: "none",
    F.relu: "relu",
    F.hardswish: "hardswish",
    F.silu: "swish",
    torch.sigmoid: "sigmoid",
    torch.tanh: "tanh",
}


ANY = torch.Size()
Sizes = int | tuple[int, int]
Window = tuple[tuple[int, int], ...]  # padding, stride and dilation


def activated(x: Tensor, act: Activation | None) -> Tensor:
    """The activation of a value that nobody else reads."""
    if act is F.relu:
        return x.relu_()
    return x if act is None else act(x)


# Whether layers use PyTorch's operators alone, whose results are exact also for NaN and
# infinity: in oneDNN's ReLU NaN becomes 0.
PLAIN = ContextVar("PLAIN", default=False)


@contextmanager
def plain_operators() -> Iterator[None]:
    """Has layers use PyTorch's operators alone."""
    before = PLAIN.set(True)
    try:
        yield
    finally:
        PLAIN.reset(before)


def plainly() -> bool:
    """Whether to use PyTorch's operators alone: TorchScript understands no others."""
    tracing: Any = torch.jit
    return PLAIN.get() or bool(tracing.is_tracing())


def finite(values: Iterable[Tensor]) -> bool:
    """Whether no number is NaN or infinite; a sum that overflows counts as infinite."""
    wide = (x.sum(dtype=torch.promote_types(x.dtype, torch.float32)) for x in values)
    return all(map(isfinite, wide))


def onednn_takes(device: torch.device, dtype: torch.dtype) -> bool:
    """Whether PyTorch can hand layers of a type to oneDNN here."""
    mkldnn: Any = torch.backends.mkldnn
    if device.type != "cpu" or not (mkldnn.is_available() and mkldnn.enabled):
        return False
    if dtype is torch.bfloat16:
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    if dtype is torch.float16:
        return bool(torch.ops.mkldnn._is_mkldnn_fp16_supported())
    return dtype is torch.float32


class Layer(nn.Module):
    """One that computes by `run` at its engine's first call, and by `later` from then on.

    What the second prepares, one call would not pay for.
    """

    run: Callable[..., Tensor]
    later: Callable[..., Tensor]

    def settle(self) -> None:
        self.run = self.later


class Packed:
    """A layer's weights, and their layouts that oneDNN wants for images of some sizes.

    Sizes that want one layout share it. Weights in the wrong one are reordered at every call.
    """

    def __init__(
        self, weight: Tensor, reorder: Callable[[Tensor, torch.Size], Tensor]
    ) -> None:
        self.weight = weight
        self.reorder = reorder
        self.unpacked: Tensor | None = None  # as they were given, while at hand
        self.layouts: dict[tuple[int, ...], Tensor] = {}
        self.sizes: dict[torch.Size, Tensor] = {}

    def __getitem__(self, size: torch.Size) -> Tensor:
        if size not in self.sizes:
            new = self.reorder(self.dense(), size)
            layout = tuple(torch.ops.mkldnn._get_mkldnn_serialized_md(new).tolist())
            self.weight = self.sizes[size] = self.layouts.setdefault(layout, new)
        return self.sizes[size]

    def dense(self) -> Tensor:
        """The weights as they were given."""
        if self.unpacked is not None:
            return self.unpacked
        return self.weight.to_dense() if self.weight.is_mkldnn else self.weight


def packed_convolution(weight: Tensor, window: Window, groups: int) -> Packed:
    """For images of each size as oneDNN wants them."""
    reorder: Any = torch.ops.mkldnn._reorder_convolution_weight
    return Packed(weight, lambda dense, size: reorder(dense, *window, groups, size))


def packed_linear(weight: Tensor) -> Packed:
    """For `ANY` number of images as for several: that layout is faster for one, too."""
    reorder: Any = torch.ops.mkldnn._reorder_linear_weight
    return Packed(weight, lambda dense, _: reorder(dense, 8))


def measures(trained: Trained) -> bool:
    """Whether a GPU has operators to choose from: all but PyTorch's are for other types."""
    return trained.device.type == "cuda" and trained.dtype is not torch.float64


def pair(size: Sizes) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else size
