"""Recipes: the weights of a fused layer as a function of those of the trained network."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class TrainedWeights:
    """The tensors of the trained network, by names relative to a layer's place.

    `bn1` is beside the layer, `..bn1` one level further out; `.bn1` is inside, where the
    trained network has a module in the layer's place.
    """

    tensors: Mapping[str, Tensor]
    device: torch.device
    dtype: torch.dtype
    place: str = ""

    def find(self, name: str) -> Tensor | None:
        """Return a tensor in single precision or better; None where there is none."""
        inner = name.lstrip(".")
        dots = len(name) - len(inner)
        levels = self.place.split(".")
        levels = levels[: len(levels) - {0: 1, 1: 0}.get(dots, dots)]
        tensor = self.tensors.get(".".join([*levels, inner]))
        if tensor is None:
            return None
        exact = torch.promote_types(self.dtype, torch.float32)
        return tensor.detach().to(self.device, exact)

    def kept(self, tensor: Tensor) -> Tensor:
        """Copy a tensor in the engine's type, an image filter in channels_last."""
        images = tensor.dim() == 4
        layout = torch.channels_last if images else torch.preserve_format
        return tensor.to(self.dtype, copy=True, memory_format=layout)

    def __getitem__(self, name: str) -> Tensor:
        tensor = self.find(name)
        if tensor is None:
            raise KeyError(f"the trained network has no {name!r} for {self.place}")
        return tensor


# A function that makes a layer's weight and bias of the trained tensors.
Recipe = Callable[[TrainedWeights], tuple[Tensor, Tensor | None]]


def recipe_of(layer: str | Recipe) -> Recipe:
    """Return a recipe as it is; for a path, that of the trained layer's own weights."""
    if not isinstance(layer, str):
        return layer
    return lambda trained: (trained[f"{layer}.weight"], trained.find(f"{layer}.bias"))


def affine(trained: TrainedWeights, norm: str, eps: float) -> tuple[Tensor, Tensor]:
    """Return scale and shift of each channel: batch norm with its trained statistics."""
    mean = trained[f"{norm}.running_mean"]
    scale = (trained[f"{norm}.running_var"].double() + eps).rsqrt()
    weight, bias = trained.find(f"{norm}.weight"), trained.find(f"{norm}.bias")
    scale = scale if weight is None else scale * weight
    shift = -mean * scale if bias is None else bias - mean * scale
    return scale.to(mean.dtype), shift.to(mean.dtype)


def folded(
    layer: str | Recipe, norm: str, *, eps: float = 1e-5, start: int = 0
) -> Recipe:
    """Fold a batch norm into the layer before it, which makes its channels from `start`."""

    def weights(trained: TrainedWeights) -> tuple[Tensor, Tensor]:
        weight, bias = recipe_of(layer)(trained)
        scale, shift = affine(trained, norm, eps)
        scale, shift = scale[start:][: len(weight)], shift[start:][: len(weight)]
        shift = shift if bias is None else shift + bias * scale
        return weight * scale.view(-1, *[1] * (weight.dim() - 1)), shift

    return weights


def after(
    norm: str, layer: str | Recipe, *, eps: float = 1e-5, relu: bool = False
) -> Recipe:
    """Fold a batch norm into the layer after it; with `relu` a `Threshold` stays."""

    def weights(trained: TrainedWeights) -> tuple[Tensor, Tensor]:
        weight, bias = recipe_of(layer)(trained)
        scale, shift = affine(trained, norm, eps)
        if relu:
            scale, shift, _ = bounded(scale, shift, trained.dtype)
        moved = weight.reshape(*weight.shape[:2], -1).sum(2) @ shift
        weight = weight * scale.view(-1, *[1] * (weight.dim() - 2))
        return weight, moved if bias is None else moved + bias

    return weights


def bounded(
    scale: Tensor, shift: Tensor, dtype: torch.dtype
) -> tuple[Tensor, Tensor, Tensor]:
    """Return scale, shift and bound: relu(scale x + shift) = scale max(x, bound) + shift.

    Scale and shift are 0 for a channel whose bound is beyond the numbers of the type.
    """
    bound = -shift / scale
    dead = (shift <= 0) & ~(bound.abs() < torch.finfo(dtype).max)
    return scale.where(~dead, 0), shift.where(~dead, 0), bound


def limits(
    trained: TrainedWeights, norm: str, eps: float
) -> tuple[Tensor, Tensor | None]:
    """Return the bounds of a `Threshold`; no upper ones where no scale is negative."""
    scale, _, bound = bounded(*affine(trained, norm, eps), trained.dtype)
    scale, bound = scale.view(-1, 1, 1), bound.to(trained.dtype).view(-1, 1, 1)
    high = bound.where(scale < 0, torch.inf) if bool((scale < 0).any()) else None
    return bound.where(scale > 0, -torch.inf), high


def clamped(x: Tensor, low: Tensor | None, high: Tensor | None) -> Tensor:
    """Clamp a value; a bound that is None is left out."""
    if low is None:
        return x
    return torch.maximum(x, low) if high is None else torch.clamp(x, low, high)


def merged(*layers: str | Recipe) -> Recipe:
    """Merge layers of one input: their channels follow one another."""

    def weights(trained: TrainedWeights) -> tuple[Tensor, Tensor | None]:
        parts = [recipe_of(layer)(trained) for layer in layers]
        weight = torch.cat([weight for weight, _ in parts])
        if all(bias is None for _, bias in parts):
            return weight, None
        biases = [w.new_zeros(len(w)) if b is None else b for w, b in parts]
        return weight, torch.cat(biases)

    return weights


def scaled(layer: str | Recipe, by: int) -> Recipe:
    """Divide a layer's result by a number."""

    def weights(trained: TrainedWeights) -> tuple[Tensor, Tensor | None]:
        weight, bias = recipe_of(layer)(trained)
        return weight / by, None if bias is None else bias / by

    return weights
