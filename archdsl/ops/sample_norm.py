"""Normalisation of each image on its own, independent of the batch."""

from __future__ import annotations

from dataclasses import dataclass

from archdsl.diagnostics import Rejected, shape_errors
from archdsl.ops import values
from archdsl.ops.base import Example, Op, Shape, Weight, attribute, image, size, volume
from archdsl.ops.storage import Buffer, Saved
from archdsl.ops.torch_form import Arg, TorchForm, call

LAYER_NORM = '''
class LayerNorm2d(nn.LayerNorm):
    """Layer normalisation over the channels of an image, at each position."""

    def forward(self, x: Tensor) -> Tensor:
        x = x.permute(0, 2, 3, 1)
        x = F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)
        return x.permute(0, 3, 1, 2)
'''


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
    )

    eps: float = attribute(values.POSITIVE, 1e-5)
    affine: bool = attribute(values.FLAG, True)

    def weights(self, inputs: tuple[Shape, ...]) -> tuple[Weight, ...]:
        return self.scale_and_shift(inputs[0][0], self.affine)

    def samples(self, shape: Shape) -> int:
        return volume(shape[1:])

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        flat = len(inputs[0]) == 1
        module = call(
            "nn.LayerNorm" if flat else "LayerNorm2d",
            Arg("in_channels", inputs[0][0]),
            eps=(self.eps, 1e-5),
            elementwise_affine=(self.affine, True),
        )
        return TorchForm(module, support="" if flat else LAYER_NORM)


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
    )

    eps: float = attribute(values.POSITIVE, 1e-5)
    affine: bool = attribute(values.FLAG, False)

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        channels, height, width = image(self.word, inputs[0])
        if height * width == 1:
            raise Rejected(shape_errors.single_value(self.word, "channel", size(inputs[0])))
        return channels, height, width

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
                "nn.InstanceNorm2d",
                Arg("in_channels", inputs[0][0]),
                eps=(self.eps, 1e-5),
                affine=(self.affine, False),
            )
        )
