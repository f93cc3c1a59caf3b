"""Transposed convolution."""

from __future__ import annotations

from dataclasses import dataclass

from archdsl.diagnostics import Rejected, shape_errors
from archdsl.ops import values
from archdsl.ops.base import Example, Op, Shape, Weight, attribute, image, size, volume
from archdsl.ops.initialise import PYTORCH, init_calls
from archdsl.ops.input_windows import Windows, sliding_back
from archdsl.ops.output_sizes import Padding, Pair, slide_back
from archdsl.ops.storage import INPUT, Saved
from archdsl.ops.torch_form import Arg, InitCall, TorchForm, call
from archdsl.ops.values import Init


@dataclass(frozen=True, eq=False, repr=False)
class Deconv(Op):
    """Transposed convolution (Zeiler et al. 2010), as `nn.ConvTranspose2d`."""

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
    )

    kernel: Pair = attribute(values.SIZE)
    channels: int = attribute(values.COUNT)
    stride: Pair = attribute(values.SIZE, (1, 1))
    pad: Padding = attribute(values.PADDING, (0, 0, 0, 0))
    output_pad: int = attribute(values.NATURAL, 0)
    groups: int = attribute(values.COUNT, 1)
    dilation: Pair = attribute(values.SIZE, (1, 1))
    bias: bool = attribute(values.FLAG, True)
    init: Init = attribute(values.INIT, PYTORCH, quiet=True)
    bias_init: float | None = attribute(values.FILL, None, quiet=True)

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        channels, *extent = image(self.word, inputs[0])
        if channels % self.groups or self.channels % self.groups:
            raise Rejected(shape_errors.groups_do_not_divide(self.groups, channels, self.channels))
        if self.pad[0] != self.pad[1] or self.pad[2] != self.pad[3]:
            raise Rejected(shape_errors.uneven_pad(self.word))
        if self.output_pad >= min(map(max, self.stride, self.dilation)):
            raise Rejected(shape_errors.output_pad_too_large(self.output_pad))
        out = [
            slide_back(n, k, s, p, d) + self.output_pad
            for n, k, s, p, d in zip(
                extent, self.kernel, self.stride, self.pad[::2], self.dilation, strict=True
            )
        ]
        if min(out) < 1:
            raise Rejected(shape_errors.empty_result(self.word, size((self.channels, *out))))
        return self.channels, out[0], out[1]

    def weights(self, inputs: tuple[Shape, ...]) -> tuple[Weight, ...]:
        weight = Weight("weight", (inputs[0][0], self.channels // self.groups, *self.kernel))
        return (weight, Weight("bias", (self.channels,))) if self.bias else (weight,)

    def macs(self, inputs: tuple[Shape, ...], output: Shape) -> int:
        return volume(inputs[0]) * (self.channels // self.groups) * volume(self.kernel)

    def windows(self, source: Shape, output: Shape) -> Windows:
        parts = zip(self.kernel, self.stride, self.pad[::2], self.dilation, strict=True)
        height, width = (sliding_back(*part) for part in parts)
        return height, width

    def saved(self, inputs: tuple[Shape, ...], output: Shape, in_place: bool) -> Saved:
        return INPUT

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        return TorchForm(
            call(
                "nn.ConvTranspose2d",
                Arg("in_channels", inputs[0][0]),
                Arg("channels", self.channels),
                Arg("kernel", self.kernel),
                stride=(self.stride, 1),
                padding=(self.pad[::2], 0),
                output_padding=(self.output_pad, 0),
                groups=(self.groups, 1),
                bias=(self.bias, True),
                dilation=(self.dilation, 1),
            )
        )

    def torch_init(self) -> tuple[InitCall, ...]:
        return init_calls(self.init, self.bias_init if self.bias else None)
