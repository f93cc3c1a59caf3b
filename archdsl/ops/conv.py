"""Convolution."""

from __future__ import annotations

from dataclasses import dataclass
from operator import add

from archdsl.diagnostics import Rejected, shape_errors
from archdsl.ops import values
from archdsl.ops.base import Example, Op, Shape, Weight, attribute, channels_and_axes, volume
from archdsl.ops.initialise import PYTORCH, init_calls
from archdsl.ops.input_windows import Windows, sliding
from archdsl.ops.output_sizes import fitted, same_padding, slide
from archdsl.ops.storage import INPUT, NOTHING, Buffer, Saved
from archdsl.ops.torch_form import Arg, InitCall, TorchForm, call
from archdsl.ops.values import Init, Sides, Size

PADDED_CONV = '''
class PaddedConv{axes}d(nn.Conv{axes}d):
    """Convolution with a padding of its own for each side: {order}."""

    def __init__(self, *args: int, sides: tuple[int, ...], **kwargs: int) -> None:
        super().__init__(*args, **kwargs)
        self.sides = sides

    def forward(self, x: Tensor) -> Tensor:
        return self._conv_forward(nn.functional.pad(x, self.sides), self.weight, self.bias)
'''
ORDER = ("(left, right)", "(left, right, top, bottom)", "(left, right, top, bottom, front, back)")


@dataclass(frozen=True, eq=False, repr=False)
class Conv(Op):
    """Convolution over the axes of its input; without `pad` it keeps the size at stride 1."""

    word = "conv"
    keeps_output = False
    positional = 2
    affine_map = True
    kind = "conv"
    weighted = True
    examples = (
        Example("conv(3x3, 16)"),
        Example("conv(7x7, 16, /2)", "3x15x17"),
        Example("conv(11x11, 16, /4, pad=0)", "3x35x35"),
        Example("conv(3x3, 16, /2, groups=4, bias=false)"),
        Example("conv(3x3, 8, groups=8)"),
        Example("conv(1x7, 16)"),
        Example("conv(7x1, 16, pad=3x0)"),
        Example("conv(3, 16, dilation=2)"),
        Example("conv(2x2, 16, pad=[0, 1, 0, 1])"),
        Example("conv(3x3, 16, pad=[1, 2, 3, 0], /2)"),
        Example("conv(3x3, 16, init=kaiming_fan_out, bias_init=0)"),
        Example("conv(3x3, 16, init=normal(0.01))"),
        Example("conv(3, 16, /2, groups=4)", "8x15"),
        Example("conv(4, 16, pad=[1, 2], dilation=3)", "8x20"),
        Example("conv(3x5x5, 16, /1x2x2)", "8x4x6x7"),
        Example("conv(3x1x2, 4, pad=[1, 0, 0, 0, 0, 1])", "8x4x6x7"),
    )

    kernel: Size = attribute(values.SIZE)
    channels: int = attribute(values.COUNT)
    stride: Size = attribute(values.SIZE, Size((1, 1)))
    pad: Sides | None = attribute(values.PADDING, None)
    groups: int = attribute(values.COUNT, 1)
    dilation: Size = attribute(values.SIZE, Size((1, 1)))
    bias: bool = attribute(values.FLAG, True)
    init: Init = attribute(values.INIT, PYTORCH, quiet=True)
    bias_init: float | None = attribute(values.FILL, None, quiet=True)

    @property
    def padding(self) -> Sides:
        return self.pad or same_padding(self.kernel, self.dilation)

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        channels, extent = channels_and_axes(self.word, inputs[0])
        if channels % self.groups or self.channels % self.groups:
            raise Rejected(shape_errors.groups_do_not_divide(self.groups, channels, self.channels))
        padding = self.padding
        parts = zip(extent, self.kernel, self.stride, padding.totals, self.dilation, strict=True)
        out = Size(slide(*part) for part in parts)
        return self.channels, *fitted(self.word, out, self.kernel, extent, any(padding))

    def weights(self, inputs: tuple[Shape, ...]) -> tuple[Weight, ...]:
        weight = Weight("weight", (self.channels, inputs[0][0] // self.groups, *self.kernel))
        return (weight, Weight("bias", (self.channels,))) if self.bias else (weight,)

    def macs(self, inputs: tuple[Shape, ...], output: Shape) -> int:
        return volume(output) * (inputs[0][0] // self.groups) * volume(self.kernel)

    def windows(self, source: Shape, output: Shape) -> Windows:
        parts = zip(self.kernel, self.stride, self.padding.before, self.dilation, strict=True)
        return tuple(sliding(*part) for part in parts)

    def saved(self, inputs: tuple[Shape, ...], output: Shape, in_place: bool) -> Saved:
        padded = self._padded(inputs[0])
        return Saved(extra=padded) if padded.elements else INPUT

    def scratch(self, inputs: tuple[Shape, ...], output: Shape) -> Buffer:
        return self._padded(inputs[0])

    def _padded(self, shape: Shape) -> Buffer:
        """The copy of the input that uneven padding needs."""
        padding = self.padding
        if padding.even:
            return NOTHING
        return Buffer(shape[0] * volume(map(add, shape[1:], padding.totals)))

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        padding, axes = self.padding, len(self.kernel)
        sides = {} if padding.even else {"sides": (padding.last_first, None)}
        module = call(
            f"nn.Conv{axes}d" if padding.even else f"PaddedConv{axes}d",
            Arg("in_channels", inputs[0][0]),
            Arg("channels", self.channels),
            Arg("kernel", self.kernel),
            stride=(self.stride, 1),
            padding=(padding.before if padding.even else 0, 0),
            dilation=(self.dilation, 1),
            groups=(self.groups, 1),
            bias=(self.bias, True),
            **sides,
        )
        support = PADDED_CONV.format(axes=axes, order=ORDER[axes - 1])
        return TorchForm(module, support="" if padding.even else support)

    def torch_init(self) -> tuple[InitCall, ...]:
        return init_calls(self.init, self.bias_init if self.bias else None)
