"""Transposed convolution."""

from __future__ import annotations

from dataclasses import dataclass

from archdsl.diagnostics import Rejected, shape_errors
from archdsl.ops import values
from archdsl.ops.base import Example, Op, Shape, Weight, attribute, channels_and_axes, size, volume
from archdsl.ops.initialise import PYTORCH, init_calls
from archdsl.ops.input_windows import Windows, sliding_back
from archdsl.ops.output_sizes import slide_back
from archdsl.ops.storage import INPUT, Saved
from archdsl.ops.torch_form import Arg, InitCall, TorchForm, call
from archdsl.ops.values import Init, Sides, Size


@dataclass(frozen=True, eq=False, repr=False)
class Deconv(Op):
    """Transposed convolution (Zeiler et al. 2010), as `nn.ConvTranspose2d` for images."""

    word = "deconv"
    keeps_output = False
    positional = 2
    affine_map = True
    kind = "conv"
    weighted = True
    examples = (
        Example("deconv(2x2, 4, /2)"),
        Example("deconv(3x3, 16, /2, pad=1, output_pad=1, groups=2)"),
        Example("deconv(4x4, 8, /2, pad=1, bias=false)"),
        Example("deconv(3, 8, dilation=2)"),
        Example("deconv(4, 6, /2, pad=1)", "8x9"),
        Example("deconv(2x3x3, 6, /1x2x2, pad=0x1x1, output_pad=0)", "8x3x4x5"),
    )

    kernel: Size = attribute(values.SIZE)
    channels: int = attribute(values.COUNT)
    stride: Size = attribute(values.SIZE, Size((1, 1)))
    pad: Sides = attribute(values.PADDING, Sides((0, 0, 0, 0)))
    output_pad: int = attribute(values.NATURAL, 0)
    groups: int = attribute(values.COUNT, 1)
    dilation: Size = attribute(values.SIZE, Size((1, 1)))
    bias: bool = attribute(values.FLAG, True)
    init: Init = attribute(values.INIT, PYTORCH, quiet=True)
    bias_init: float | None = attribute(values.FILL, None, quiet=True)

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        channels, extent = channels_and_axes(self.word, inputs[0])
        if channels % self.groups or self.channels % self.groups:
            raise Rejected(shape_errors.groups_do_not_divide(self.groups, channels, self.channels))
        if not self.pad.even:
            raise Rejected(shape_errors.uneven_pad(self.word))
        if self.output_pad >= min(map(max, self.stride, self.dilation)):
            raise Rejected(shape_errors.output_pad_too_large(self.output_pad))
        parts = zip(extent, self.kernel, self.stride, self.pad.before, self.dilation, strict=True)
        out = [slide_back(*part) + self.output_pad for part in parts]
        if min(out) < 1:
            raise Rejected(shape_errors.empty_result(self.word, size((self.channels, *out))))
        return self.channels, *out

    def weights(self, inputs: tuple[Shape, ...]) -> tuple[Weight, ...]:
        weight = Weight("weight", (inputs[0][0], self.channels // self.groups, *self.kernel))
        return (weight, Weight("bias", (self.channels,))) if self.bias else (weight,)

    def macs(self, inputs: tuple[Shape, ...], output: Shape) -> int:
        return volume(inputs[0]) * (self.channels // self.groups) * volume(self.kernel)

    def windows(self, source: Shape, output: Shape) -> Windows:
        parts = zip(self.kernel, self.stride, self.pad.before, self.dilation, strict=True)
        return tuple(sliding_back(*part) for part in parts)

    def saved(self, inputs: tuple[Shape, ...], output: Shape, in_place: bool) -> Saved:
        return INPUT

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        return TorchForm(
            call(
                f"nn.ConvTranspose{len(self.kernel)}d",
                Arg("in_channels", inputs[0][0]),
                Arg("channels", self.channels),
                Arg("kernel", self.kernel),
                stride=(self.stride, 1),
                padding=(self.pad.before, 0),
                output_padding=(self.output_pad, 0),
                groups=(self.groups, 1),
                bias=(self.bias, True),
                dilation=(self.dilation, 1),
            )
        )

    def torch_init(self) -> tuple[InitCall, ...]:
        return init_calls(self.init, self.bias_init if self.bias else None)
