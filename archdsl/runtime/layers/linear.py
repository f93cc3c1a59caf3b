"""Fully connected layers."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from archdsl.runtime.cpu.packed import ANY, Packed, packed_linear
from archdsl.runtime.hardware import onednn_takes
from archdsl.runtime.layers.layer import Activation, Layer, activated, named, plain_only
from archdsl.runtime.weights.recipes import Recipe, TrainedWeights, recipe_of


class Linear(Layer):
    """A fully connected layer, then `act`; oneDNN's on a CPU after the first call."""

    tensors = ("packed", "bias")
    packed: Packed
    bias: Tensor | None = None

    def __init__(self, layer: str | Recipe, *, act: Activation | None = None) -> None:
        super().__init__()
        self.recipe = recipe_of(layer)
        self.act = act

    def weights_from(self, trained: TrainedWeights) -> dict[str, Tensor | None]:
        weight, bias = self.recipe(trained)
        kept = None if bias is None else trained.kept(bias)
        return {"packed": trained.kept(weight), "bias": kept}

    def prepare(
        self,
        weights: dict[str, Tensor | None],
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        super().prepare(weights, device, dtype)
        weight = weights["packed"]
        assert weight is not None
        self.packed = packed_linear(weight)
        if onednn_takes(device, dtype):
            self.fast_path = self.onednn

    def extra_repr(self) -> str:
        sizes = map(str, reversed(self.packed.shape)) if hasattr(self, "packed") else ()
        return ", ".join([*sizes, *named(self.act)])

    def forward(self, x: Tensor) -> Tensor:
        run = self.plain if plain_only() else self.run
        return activated(run(x), self.act)

    def plain(self, x: Tensor) -> Tensor:
        return F.linear(x, self.packed.dense(), self.bias)

    def onednn(self, x: Tensor) -> Tensor:
        call: Any = torch.ops.mkldnn._linear_pointwise
        y: Tensor = call(x, self.packed[ANY], self.bias, "none", [], None)
        return y
