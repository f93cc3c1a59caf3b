"""Convolutions; each chooses its operator when its weights are loaded."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from archdsl.runtime.cpu.packed import Packed, packed_convolution
from archdsl.runtime.cpu.winograd import filter_transform, winograd, winograd_pays
from archdsl.runtime.gpu.autotune import Autotuned, stored
from archdsl.runtime.gpu.kernels import block_diagonal, convolution
from archdsl.runtime.hardware import autotunes, onednn_takes
from archdsl.runtime.layers.layer import (
    Activation,
    Layer,
    Sizes,
    activated,
    named,
    pair,
    plain_only,
)
from archdsl.runtime.weights.recipes import (
    Recipe,
    TrainedWeights,
    clamped,
    limits,
    recipe_of,
)

# oneDNN's names of the activations that it applies before a result is written. Its
# hardsigmoid, which turns NaN into 1, is not among them.
ONEDNN: dict[Activation | None, str] = {
    None: "none",
    F.relu: "relu",
    F.hardswish: "hardswish",
    F.silu: "swish",
    torch.sigmoid: "sigmoid",
    torch.tanh: "tanh",
}


class Conv(Layer):
    """A convolution, then the sum with a second value if there is one, then `act`.

    With `overwrites` the sum may take the memory of the second value. The operator is
    oneDNN's on a CPU, with weights packed at the first call; on a GPU an `Autotuned` one
    after the first call. Everywhere else PyTorch's operators compute it.
    """

    tensors = ("packed", "bias", "low", "high")
    packed: Packed
    bias: Tensor | None = None
    low: Tensor | None = None  # bounds on the input
    high: Tensor | None = None
    fused: Activation | None  # the activation that oneDNN applies

    def __init__(
        self,
        layer: str | Recipe,
        *,
        stride: Sizes = 1,
        padding: Sizes = 0,
        dilation: Sizes = 1,
        groups: int = 1,
        sides: tuple[int, ...] | None = None,
        act: Activation | None = None,
        overwrites: bool = False,
    ) -> None:
        super().__init__()
        self.recipe = recipe_of(layer)
        self.window = (pair(padding), pair(stride), pair(dilation))
        self.groups = groups
        self.sides = sides
        self.act = act
        self.overwrites = overwrites

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
        self.packed = packed_convolution(weight, self.window, self.groups)
        # Half precision may overflow, and oneDNN's ReLU turns the NaN that follows into 0.
        self.fused = None if dtype is torch.float16 else self.act
        if self.act in ONEDNN and onednn_takes(device, dtype):
            self.run = self.fast_path = self.onednn
        elif autotunes(device, dtype):
            self.fast_path = Autotuned(*self.candidates(), parts=[self.kernel])

    @property
    def weight(self) -> Tensor:
        return self.packed.dense()

    @property
    def filters(self) -> Tensor:
        """The weights in the form that the kernel reads."""
        return self.weight

    def candidates(self) -> list[Callable[..., Tensor]]:
        """Return the methods that a GPU chooses from."""
        return [self.plain, self.cudnn] if self.act is F.relu else [self.plain]

    def extra_repr(self) -> str:
        padding, stride, dilation = self.window
        options = {"stride": stride, "padding": padding, "dilation": dilation}
        usual = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1)}
        parts = [
            f"{key}={value}" for key, value in options.items() if value != usual[key]
        ]
        parts += [f"sides={self.sides}"] if self.sides else []
        parts += [f"groups={self.groups}"] if self.groups > 1 else []
        return ", ".join([*self.shape(), *parts, *named(self.act)])

    def shape(self) -> list[str]:
        """Describe channels and window, once there are weights."""
        if not hasattr(self, "packed"):
            return []
        outputs, inputs, *kernel = self.packed.shape
        window = "x".join(map(str, kernel))
        return [str(inputs * self.groups), str(outputs), f"kernel_size={window}"]

    def forward(self, x: Tensor, other: Tensor | None = None) -> Tensor:
        run = self.plain if plain_only() else self.run
        return run(x if self.sides is None else F.pad(x, self.sides), other)

    def plain(
        self, x: Tensor, other: Tensor | None, out: tuple[Tensor, ...] | None = None
    ) -> Tensor:
        padding, stride, dilation = self.window
        x = clamped(x, self.low, self.high)
        y = F.conv2d(x, self.weight, self.bias, stride, padding, dilation, self.groups)
        y = activated(y if other is None else y.add_(other), self.act)
        return stored(y, out)

    def onednn(self, x: Tensor, other: Tensor | None) -> Tensor:
        call: Any = torch.ops.mkldnn._convolution_pointwise
        into: Any = torch.ops.mkldnn._convolution_pointwise_
        given = (self.packed[x.shape], self.bias, *self.window, self.groups)
        x = clamped(x, self.low, self.high)
        if other is None:
            y: Tensor = call.default(x, *given, ONEDNN[self.fused], [], None)
            return y if self.fused is self.act else activated(y, self.act)
        last = "relu" if self.fused is F.relu else None
        if self.overwrites:
            y = into.binary(other, x, *given, "add", 1.0, last, [], None)
        else:
            y = call.binary(x, other, *given, "add", 1.0, last, [], None)
        return y if last else activated(y, self.act)

    def cudnn(
        self, x: Tensor, other: Tensor | None, out: tuple[Tensor, ...] | None = None
    ) -> Tensor:
        padding, stride, dilation = self.window
        given = (self.bias, stride, padding, dilation, self.groups)
        x = clamped(x, self.low, self.high)
        if other is None:
            y = torch.cudnn_convolution_relu(x, self.weight, *given)
        else:
            y = torch.cudnn_convolution_add_relu(x, self.weight, other, 1.0, *given)
        return stored(y, out)

    def kernel(
        self, x: Tensor, other: Tensor | None, out: tuple[Tensor, ...] | None = None
    ) -> Tensor:
        relu = self.act is F.relu
        whole = relu or self.act is None
        y = convolution(
            x,
            self.filters,
            self.bias,
            *self.window,
            low=self.low,
            high=self.high,
            other=other,
            relu=relu,
            out=out if whole else None,
        )
        return y if whole else stored(activated(y, self.act), out)


class Pointwise(Conv):
    """A 1x1 convolution, of a value that a `Threshold` may have bounded before.

    On a GPU one kernel may do all of it; it also reads a slice, which cuDNN would copy.
    """

    def __init__(
        self,
        layer: str | Recipe,
        *,
        stride: Sizes = 1,
        threshold: str | None = None,
        eps: float = 1e-5,
        act: Activation | None = None,
        overwrites: bool = False,
    ) -> None:
        super().__init__(layer, stride=stride, act=act, overwrites=overwrites)
        self.threshold = threshold
        self.eps = eps

    def weights_from(self, trained: TrainedWeights) -> dict[str, Tensor | None]:
        found = super().weights_from(trained)
        if self.threshold is not None:
            found["low"], found["high"] = limits(trained, self.threshold, self.eps)
        return found

    def candidates(self) -> list[Callable[..., Tensor]]:
        return [*super().candidates(), self.kernel]


class Conv3x3(Conv):
    """A 3x3 convolution of stride 1; Winograd's algorithm where that pays on a CPU."""

    transformed: tuple[Packed, Tensor | None] | None

    def prepare(
        self,
        weights: dict[str, Tensor | None],
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        super().prepare(weights, device, dtype)
        self.transformed = None
        if self.fast_path == self.onednn:
            self.fast_path = self.fewest_products

    def fewest_products(self, x: Tensor, other: Tensor | None) -> Tensor:
        padding, _, _ = self.window
        if not winograd_pays(x, self.packed.shape, padding):
            return self.onednn(x, other)
        if self.transformed is None:
            self.transformed = filter_transform(self.weight, self.bias)
        relu = self.act is F.relu
        y = winograd(x, *self.transformed, padding, other, relu)
        return y if relu else activated(y, self.act)


class Grouped(Conv):
    """A convolution in groups of 4 to 32 channels that keeps the number of channels.

    On a GPU one kernel may do it that fills tensor cores with several groups at a time.
    """

    def prepare(
        self,
        weights: dict[str, Tensor | None],
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        super().prepare(weights, device, dtype)
        vars(self).pop("filters", None)

    @cached_property
    def filters(self) -> Tensor:
        return block_diagonal(self.weight)

    def candidates(self) -> list[Callable[..., Tensor]]:
        return [*super().candidates(), self.kernel]
