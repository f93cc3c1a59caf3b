"""Fused layers of inference engines, whose weights are computed by recipes.

Passes insert them into a graph; they have no syntax in the language.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, TypeGuard

from archdsl.inference.recipes import Recipe, Taken, argument, quoted, relative
from archdsl.ops.activation import Activation
from archdsl.ops.base import Op, Shape
from archdsl.ops.conv import Conv
from archdsl.ops.linear import Linear
from archdsl.ops.norm import BatchNorm, LocalResponseNorm
from archdsl.ops.pool import MaxPool
from archdsl.ops.shape import Slice
from archdsl.ops.torch_form import Arg, Call, Code, TorchForm, call
from archdsl.ops.traits import SavesNothing

Keywords = dict[str, tuple[Any, Any]]
OWN = Taken("")


@dataclass(frozen=True)
class FusedConv(Conv):
    """A convolution, then the sum with an optional second input, then an activation.

    `threshold`: a bound that a 1x1 convolution applies to its input. `reuses`: the result may
    overwrite the second input.
    """

    word = "fused_conv"

    recipe: Recipe = field(default=OWN)
    threshold: Threshold | None = None
    activation: Activation | None = None
    reuses: bool = False

    @classmethod
    def of(cls, conv: Conv, path: str) -> FusedConv:
        """Make a fused convolution from the layer at a path."""
        return cls(
            conv.kernel,
            conv.channels,
            conv.stride,
            conv.pad,
            conv.groups,
            conv.dilation,
            conv.bias,
            recipe=Taken(path),
        )

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        shape = super().infer(inputs[:1])
        assert all(other == shape for other in inputs[1:]), "a pass adds values of two shapes"
        return shape

    @property
    def rectifies(self) -> bool:  # type: ignore[override]
        return self.activation is not None and self.activation.rectifies

    @property
    def sees_padding(self) -> bool:
        """Whether a window can read padding."""
        return any(self.padding)

    @property
    def pointwise(self) -> bool:
        """Whether each pixel is computed from one pixel with all its channels."""
        return self.kernel == (1, 1) and self.groups == 1 and not self.sees_padding

    @property
    def dense3x3(self) -> bool:
        """Whether each pixel is computed from the 3x3 around it with all channels."""
        return self.kernel == (3, 3) and self.groups == 1 and self.stride == self.dilation == (1, 1)

    def grouped(self, channels: int) -> bool:
        """Whether several of its groups fit into 32 channels, too narrow for tensor cores alone.

        The channels must equal those of the input, and the window must be square.
        """
        narrow = channels // self.groups in (4, 8, 16, 32) and channels % 32 == 0
        square = all(len(set(pair)) == 1 for pair in (self.kernel, self.stride, self.padding))
        return narrow and square and self.channels == channels and self.dilation == (1, 1)

    def seen_from(self, place: str) -> FusedConv:
        threshold = None if self.threshold is None else self.threshold.seen_from(place)
        return replace(self, recipe=self.recipe.seen_from(place), threshold=threshold)

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        ends: Keywords = {**_activated(self.activation), "overwrites": (self.reuses, False)}
        stride: Keywords = {"stride": (self.stride, 1)}
        if self.pointwise:
            keywords = {**stride, **_bounded(self.threshold), **ends}
            return TorchForm(_layer("Pointwise", self.recipe, keywords))
        top, bottom, left, right = self.padding
        even = top == bottom and left == right
        keywords = {
            **stride,
            "padding": ((top, left) if even else 0, 0),
            "dilation": (self.dilation, 1),
            "groups": (self.groups, 1),
            **({} if even else {"sides": ((left, right, top, bottom), None)}),
            **ends,
        }
        word = "Grouped" if self.grouped(inputs[0][0]) else "Conv"
        return TorchForm(_layer("Conv3x3" if self.dense3x3 else word, self.recipe, keywords))


@dataclass(frozen=True)
class FusedLinear(Linear):
    """A fully connected layer, then an activation."""

    word = "fused_linear"

    recipe: Recipe = field(default=OWN)
    activation: Activation | None = None

    @classmethod
    def of(cls, linear: Linear, path: str) -> FusedLinear:
        """Make a fused layer from the layer at a path."""
        return cls(linear.features, linear.bias, recipe=Taken(path))

    sees_padding = False

    @property
    def rectifies(self) -> bool:  # type: ignore[override]
        return self.activation is not None and self.activation.rectifies

    def seen_from(self, place: str) -> FusedLinear:
        return replace(self, recipe=self.recipe.seen_from(place))

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        return TorchForm(_layer("Linear", self.recipe, _activated(self.activation)))


@dataclass(frozen=True)
class FusedNorm(SavesNothing, Op):
    """Batch norm of an image with its trained statistics, then an activation."""

    word = "fused_norm"
    kind = "norm"

    norm: str
    eps: float = 1e-5
    activation: Activation | None = None

    @classmethod
    def of(cls, norm: BatchNorm, path: str, activation: Activation | None) -> FusedNorm:
        return cls(path, norm.eps, activation)

    def seen_from(self, place: str) -> FusedNorm:
        return replace(self, norm=relative(self.norm, place))

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        keywords: Keywords = {"eps": (self.eps, 1e-5), **_activated(self.activation)}
        return TorchForm(call("Norm", quoted(self.norm), **keywords))


@dataclass(frozen=True)
class Threshold(SavesNothing, Op):
    """The bound that remains of batch norm and ReLU when the next layer takes scale and shift.

    relu(a x + b) = a max(x, -b / a) + b where a > 0, and with min where a < 0: a bound on each
    channel, and an affine map that a layer without padding takes into its weights.
    """

    word = "threshold"
    kind = "norm"

    norm: str
    eps: float = 1e-5

    def seen_from(self, place: str) -> Threshold:
        return replace(self, norm=relative(self.norm, place))

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        return TorchForm(call("Threshold", quoted(self.norm), eps=(self.eps, 1e-5)))


@dataclass(frozen=True)
class EngineMaxPool(MaxPool):
    """Max pooling without indices; `rectified`: the input is not negative."""

    word = "max_pool"

    rectified: bool = False

    @classmethod
    def of(cls, pool: MaxPool, rectified: bool) -> EngineMaxPool:
        return cls(pool.kernel, pool.stride, pool.pad, pool.ceil, rectified=rectified)

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        keywords = {
            "stride": (self.stride or self.kernel, self.kernel),
            "padding": (self.pad[::2], 0),
            "ceil_mode": (self.ceil, False),
            "rectified": (self.rectified, False),
        }
        return TorchForm(
            call("MaxPool", self.kernel, **keywords), call("max_pool", self.kernel, **keywords)
        )


@dataclass(frozen=True)
class EngineResponseNorm(LocalResponseNorm):
    """Local response normalisation for all types, without padding."""

    word = "local_response_norm"

    @classmethod
    def of(cls, norm: LocalResponseNorm) -> EngineResponseNorm:
        return cls(norm.size, norm.alpha, norm.beta, norm.k)

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        made = super().torch(inputs, in_place).module
        assert made is not None
        return TorchForm(replace(made, function="LocalResponseNorm"))


@dataclass(frozen=True)
class Channels(Slice):
    """A slice as a module, so that blocks with different slices can share a class."""

    word = "channels"

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        bounds = (Arg("start", self.start), Arg("stop", self.stop))
        return TorchForm(Call("Channels", bounds))


Located = FusedConv | FusedLinear | FusedNorm | Threshold  # ops that name trained layers


def fusable(op: Op) -> TypeGuard[Activation]:
    """Whether an op is an activation that is a PyTorch function without further arguments."""
    if not isinstance(op, Activation):
        return False
    return all(value == default for value, default in op.torch_keywords().values())


def _layer(module: str, recipe: Recipe, keywords: Keywords) -> Call:
    made = call(module, **keywords)
    return replace(made, args=(Arg("weights", argument(recipe)), *made.args))


def _bounded(threshold: Threshold | None) -> Keywords:
    if threshold is None:
        return {}
    return {"threshold": (quoted(threshold.norm), None), "eps": (threshold.eps, 1e-5)}


def _activated(activation: Activation | None) -> Keywords:
    return {} if activation is None else {"act": (Code(activation.torch_function), None)}
