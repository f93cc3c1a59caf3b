"""Norms that no other layer could take in."""

import torch
from torch import Tensor

from archdsl.runtime.gpu.autotune import Autotuned, stored
from archdsl.runtime.gpu.kernels import lrn
from archdsl.runtime.hardware import autotunes
from archdsl.runtime.layers.layer import Activation, Layer, activated, named
from archdsl.runtime.weights.recipes import TrainedWeights, affine, clamped, limits


class Norm(Layer):
    """Batch norm with its trained statistics, then `act`."""

    tensors = ("scale", "shift")
    scale: Tensor
    shift: Tensor

    def __init__(
        self, norm: str, *, eps: float = 1e-5, act: Activation | None = None
    ) -> None:
        super().__init__()
        self.norm = norm
        self.eps = eps
        self.act = act

    def weights_from(self, trained: TrainedWeights) -> dict[str, Tensor | None]:
        scale, shift = affine(trained, self.norm, self.eps)
        return {
            "scale": scale.to(trained.dtype).view(-1, 1, 1),
            "shift": shift.to(trained.dtype).view(-1, 1, 1),
        }

    def extra_repr(self) -> str:
        channels = [str(len(self.scale))] if hasattr(self, "scale") else []
        return ", ".join([*channels, *named(self.act)])

    def forward(self, x: Tensor) -> Tensor:
        return self.plain(x)

    def plain(self, x: Tensor) -> Tensor:
        return activated(torch.addcmul(self.shift, x, self.scale), self.act)


class Threshold(Layer):
    """The bound that remains of a batch norm and a ReLU folded into the next layer.

    relu(a x + b) = a max(x, -b / a) + b for a > 0; with min in place of max for a < 0.
    """

    tensors = ("low", "high")
    low: Tensor
    high: Tensor | None

    def __init__(self, norm: str, *, eps: float = 1e-5) -> None:
        super().__init__()
        self.norm = norm
        self.eps = eps

    def weights_from(self, trained: TrainedWeights) -> dict[str, Tensor | None]:
        low, high = limits(trained, self.norm, self.eps)
        return {"low": low, "high": high}

    def extra_repr(self) -> str:
        return str(len(self.low)) if hasattr(self, "low") else ""

    def forward(self, x: Tensor) -> Tensor:
        return self.plain(x)

    def plain(self, x: Tensor) -> Tensor:
        return clamped(x, self.low, self.high)


class LocalResponseNorm(Layer):
    """`nn.LocalResponseNorm`, pixel by pixel, in single precision or better."""

    def __init__(
        self, size: int, *, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
    ) -> None:
        super().__init__()
        self.numbers = (size, alpha, beta, k)

    def prepare(
        self,
        weights: dict[str, Tensor | None],
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        super().prepare(weights, device, dtype)
        if autotunes(device, dtype):
            self.fast_path = Autotuned(self.plain, self.kernel)

    def extra_repr(self) -> str:
        size, alpha, beta, k = self.numbers
        return f"{size}, alpha={alpha}, beta={beta}, k={k}"

    def forward(self, x: Tensor) -> Tensor:
        return self.run(x)

    def plain(self, x: Tensor, out: tuple[Tensor, ...] | None = None) -> Tensor:
        size, alpha, beta, k = self.numbers
        pixels = x.permute(0, 2, 3, 1).to(torch.promote_types(x.dtype, torch.float32))
        squares = pixels * pixels
        near = squares.clone()
        for shift in range(1, size // 2 + 1):
            near[..., shift:] += squares[..., :-shift]
        for shift in range(1, (size + 1) // 2):
            near[..., :-shift] += squares[..., shift:]
        y = near.mul_(alpha / size).add_(k).pow_(-beta).mul_(pixels)
        return stored(y.to(x.dtype).permute(0, 3, 1, 2), out)

    def kernel(self, x: Tensor, out: tuple[Tensor, ...] | None = None) -> Tensor:
        return stored(lrn(x, *self.numbers), out)
