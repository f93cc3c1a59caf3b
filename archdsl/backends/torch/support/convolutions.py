"""An engine's convolutions, each of which chooses its operator at load."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import torch
import torch.nn.functional as F
from archdsl.backends.torch.support.choice import Choice, stored
from archdsl.backends.torch.support.kernels import (
    block_diagonal,
    convolution,
)
from archdsl.backends.torch.support.operators import (
    ONEDNN,
    Activation,
    Layer,
    Packed,
    Sizes,
    activated,
    measures,
    onednn_takes,
    packed_convolution,
    pair,
    plainly,
)
from archdsl.backends.torch.support.weights import (
    Recipe,
    Trained,
    clamped,
    limits,
    taken,
)
from archdsl.backends.torch.support.winograd import (
    filter_transform,
    winograd,
    winograd_pays,
)
from torch import Tensor


class Conv(Layer):
    """A convolution, then the sum with another value if there is one, then `act`.

    With `overwrites` the sum may be written over that value. The operator is oneDNN's on a
    CPU, with weights packed at the first call; on a GPU later a `Choice`. Where there is
    nothing better, PyTorch's own and what follows.
    """

    packed: Packed
    bias: Tensor | None
    low: Tensor | None = None  # bounds of what it reads
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
        self.recipe = taken(layer)
        self.window = (pair(padding), pair(stride), pair(dilation))
        self.groups = groups
        self.sides = sides
        self.act = act
        self.overwrites = overwrites
        self.run = self.later = self.plain

    def load(self, trained: Trained) -> None:
        # Half precision may overflow, and oneDNN's ReLU makes 0 of the NaN that follows.
        self.fused = None if trained.dtype is torch.float16 else self.act
        weight, bias = self.recipe(trained)
        self.packed = packed_convolution(trained.kept(weight), self.window, self.groups)
        self.bias = None if bias is None else trained.kept(bias)
        if self.act in ONEDNN and onednn_takes(trained.device, trained.dtype):
            self.run = self.later = self.onednn
        elif measures(trained):
            self.later = Choice(*self.ways(), parts=[self.kernel])

    @property
    def weight(self) -> Tensor:
        return self.packed.dense()

    @property
    def filters(self) -> Tensor:
        """The weights as the kernel takes them."""
        return self.weight

    def ways(self) -> list[Callable[..., Tensor]]:
        """How a GPU may compute this."""
        return [self.plain, self.cudnn] if self.act is F.relu else [self.plain]

    def forward(self, x: Tensor, other: Tensor | None = None) -> Tensor:
        run = self.plain if plainly() else self.run
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

    def load(self, trained: Trained) -> None:
        super().load(trained)
        if self.threshold is not None:
            self.low, self.high = limits(trained, self.threshold, self.eps)

    def ways(self) -> list[Callable[..., Tensor]]:
        return [*super().ways(), self.kernel]


class Conv3x3(Conv):
    """A 3x3 convolution of stride 1; on a CPU later by Winograd's algorithm where that pays."""

    def load(self, trained: Trained) -> None:
        super().load(trained)
        self.transformed: tuple[Packed, Tensor | None] | None = None
        if self.later == self.onednn:
            self.later = self.fewest_products

    def fewest_products(self, x: Tensor, other: Tensor | None) -> Tensor:
        padding, _, _ = self.window
        if not winograd_pays(x, self.packed.weight, padding):
            return self.onednn(x, other)
        if self.transformed is None:
            self.transformed = filter_transform(self.weight, self.bias)
        relu = self.act is F.relu
        y = winograd(x, *self.transformed, padding, other, relu)
        return y if relu else activated(y, self.act)


class Grouped(Conv):
    """A convolution in groups of 4 to 32 channels, with as many results as inputs.

    On a GPU a kernel may do it that fills tensor cores with several groups at a time.
    """

    @cached_property
    def filters(self) -> Tensor:
        return block_diagonal(self.weight)

    def ways(self) -> list[Callable[..., Tensor]]:
        return [*super().ways(), self.kernel]
