"""An engine's other layers with weights."""

from typing import Any

import torch
import torch.nn.functional as F
from archdsl.backends.torch.support.operators import (
    ANY,
    Activation,
    Layer,
    Packed,
    activated,
    onednn_takes,
    packed_linear,
    plainly,
)
from archdsl.backends.torch.support.weights import (
    Recipe,
    Trained,
    affine,
    clamped,
    limits,
    taken,
)
from torch import Tensor, nn


class Linear(Layer):
    """A fully connected layer, then `act`; on a CPU later oneDNN's, with packed weights."""

    packed: Packed
    bias: Tensor | None

    def __init__(self, layer: str | Recipe, *, act: Activation | None = None) -> None:
        super().__init__()
        self.recipe = taken(layer)
        self.act = act
        self.run = self.later = self.plain

    def load(self, trained: Trained) -> None:
        weight, bias = self.recipe(trained)
        self.packed = packed_linear(trained.kept(weight))
        self.bias = None if bias is None else trained.kept(bias)
        if onednn_takes(trained.device, trained.dtype):
            self.later = self.onednn

    def forward(self, x: Tensor) -> Tensor:
        run = self.plain if plainly() else self.run
        return activated(run(x), self.act)

    def plain(self, x: Tensor) -> Tensor:
        return F.linear(x, self.packed.dense(), self.bias)

    def onednn(self, x: Tensor) -> Tensor:
        call: Any = torch.ops.mkldnn._linear_pointwise
        y: Tensor = call(x, self.packed[ANY], self.bias, "none", [], None)
        return y


class Norm(nn.Module):
    """Batch norm with its trained statistics, then `act`."""

    scale: Tensor
    shift: Tensor

    def __init__(
        self, norm: str, *, eps: float = 1e-5, act: Activation | None = None
    ) -> None:
        super().__init__()
        self.norm = norm
        self.eps = eps
        self.act = act

    def load(self, trained: Trained) -> None:
        scale, shift = affine(trained, self.norm, self.eps)
        self.scale = scale.to(trained.dtype).view(-1, 1, 1)
        self.shift = shift.to(trained.dtype).view(-1, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        return activated(torch.addcmul(self.shift, x, self.scale), self.act)


class Threshold(nn.Module):
    """What stays of a batch norm and a ReLU whose scale and shift the next layer has.

    relu(a x + b) = a max(x, -b / a) + b for a > 0; with min in place of max for a < 0.
    """

    low: Tensor
    high: Tensor | None

    def __init__(self, norm: str, *, eps: float = 1e-5) -> None:
        super().__init__()
        self.norm = norm
        self.eps = eps

    def load(self, trained: Trained) -> None:
        self.low, self.high = limits(trained, self.norm, self.eps)

    def forward(self, x: Tensor) -> Tensor:
        return clamped(x, self.low, self.high)
