"""Normalisation of each image on its own, independent of the batch."""

from __future__ import annotations

from dataclasses import dataclass

from archdsl.diagnostics import Rejected, shape_errors
from archdsl.ops import values
from archdsl.ops.base import Example, Op, Shape, Weight, attribute, channels_and_axes, size, volume
from archdsl.ops.storage import Buffer, Saved
from archdsl.ops.torch_form import Arg, TorchForm, call

LAYER_NORM = '''
class LayerNorm{axes}d(nn.LayerNorm):
    """Layer normalisation over the channels, at each position."""

    def forward(self, x: Tensor) -> Tensor:
        x = x.permute({last})
        x = F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)
        return x.permute({second})
'''


def _layer_norm(axes: int) -> str:
    """The class for values of so many axes, whose channels move to the end and back."""
    positions = range(1, axes + 2)
    last, second = (0, *positions[1:], 1), (0, axes + 1, *positions[:-1])
    return LAYER_NORM.format(axes=axes, last=str(last)[1:-1], second=str(second)[1:-1])


class SampleNorm(Op):
    """The base of these norms: scale and shift for each channel, and an epsilon."""

    kind = "norm"
    keeps_output = False

    def scale_and_shift(self, channels: int, affine: bool) -> tuple[Weight, ...]:
        pair = Weight("weight", (channels,)), Weight("bias", (channels,))
        return pair if affine else ()

    def samples(self, shape: Shape) -> int:
        """The number of means for one image."""
        raise NotImplementedError(self.word)

    def saved(self, inputs: tuple[Shape, ...], output: Shape, in_place: bool) -> Saved:
        return Saved(operands=(0,), extra=self.scratch(inputs, output))

    def scratch(self, inputs: tuple[Shape, ...], output: Shape) -> Buffer:
        return Buffer(2 * self.samples(output))


@dataclass(frozen=True, eq=False, repr=False)
class LayerNorm(SampleNorm):
    """Layer normalisation (Ba et al. 2016) of a flat value, or over channels as in ConvNeXt."""

    word = "ln"
    positional = 0
    examples = (
        Example("ln"),
        Example("ln(eps=1e-6)"),
        Example("ln(affine=false)"),
        Example("ln", "12"),
        Example("ln", "8x30"),
        Example("ln", "8x3x4x5"),
    )

    eps: float = attribute(values.POSITIVE, 1e-5)
    affine: bool = attribute(values.FLAG, True)

    def weights(self, inputs: tuple[Shape, ...]) -> tuple[Weight, ...]:
        return self.scale_and_shift(inputs[0][0], self.affine)

    def samples(self, shape: Shape) -> int:
        return volume(shape[1:])

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        axes = len(inputs[0]) - 1
        module = call(
            f"LayerNorm{axes}d" if axes else "nn.LayerNorm",
            Arg("in_channels", inputs[0][0]),
            eps=(self.eps, 1e-5),
            elementwise_affine=(self.affine, True),
        )
        return TorchForm(module, support=_layer_norm(axes) if axes else "")


@dataclass(frozen=True, eq=False, repr=False)
class GroupNorm(SampleNorm):
    """Group normalisation (Wu and He 2018): statistics over each group of channels."""

    word = "gn"
    positional = 1
    sees_all = True
    examples = (
        Example("gn(4)"),
        Example("gn(1, eps=1e-6)"),
        Example("gn(8, affine=false)"),
        Example("gn(3)", "12"),
        Example("gn(4)", "8x30"),
    )

    groups: int = attribute(values.COUNT)
    eps: float = attribute(values.POSITIVE, 1e-5)
    affine: bool = attribute(values.FLAG, True)

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        if inputs[0][0] % self.groups:
            raise Rejected(shape_errors.groups_do_not_divide(self.groups, inputs[0][0]))
        if volume(inputs[0]) == self.groups:
            raise Rejected(shape_errors.single_value(self.word, "group", size(inputs[0])))
        return inputs[0]

    def centres(self, inputs: tuple[Shape, ...]) -> bool:
        return self.groups == inputs[0][0]

    def weights(self, inputs: tuple[Shape, ...]) -> tuple[Weight, ...]:
        return self.scale_and_shift(inputs[0][0], self.affine)

    def samples(self, shape: Shape) -> int:
        return self.groups

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        return TorchForm(
            call(
                "nn.GroupNorm",
                Arg("groups", self.groups),
                Arg("in_channels", inputs[0][0]),
                eps=(self.eps, 1e-5),
                affine=(self.affine, True),
            )
        )


@dataclass(frozen=True, eq=False, repr=False)
class InstanceNorm(SampleNorm):
    """Instance normalisation (Ulyanov et al. 2016); without scale and shift, as in PyTorch."""

    word = "instance_norm"
    positional = 0
    sees_all = True
    examples = (
        Example("instance_norm"),
        Example("instance_norm(affine=true)"),
        Example("instance_norm(eps=0.001)", "3x1x2"),
        Example("instance_norm(affine=true)", "8x30"),
        Example("instance_norm", "8x3x4x5"),
    )

    eps: float = attribute(values.POSITIVE, 1e-5)
    affine: bool = attribute(values.FLAG, False)

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        _, extent = channels_and_axes(self.word, inputs[0])
        if volume(extent) == 1:
            raise Rejected(shape_errors.single_value(self.word, "channel", size(inputs[0])))
        return inputs[0]

    def centres(self, inputs: tuple[Shape, ...]) -> bool:
        return True

    def weights(self, inputs: tuple[Shape, ...]) -> tuple[Weight, ...]:
        return self.scale_and_shift(inputs[0][0], self.affine)

    def saved(self, inputs: tuple[Shape, ...], output: Shape, in_place: bool) -> Saved:
        statistics, scale = 2 * output[0], output[0] if self.affine else 0
        return Saved(operands=(0,), extra=Buffer(statistics + scale))

    def scratch(self, inputs: tuple[Shape, ...], output: Shape) -> Buffer:
        statistics = 2 * output[0]  # and scale and shift, repeated for each image
        return Buffer(2 * statistics if self.affine else statistics)

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        return TorchForm(
            call(
                f"nn.InstanceNorm{len(inputs[0]) - 1}d",
                Arg("in_channels", inputs[0][0]),
                eps=(self.eps, 1e-5),
                affine=(self.affine, False),
            )
        )
