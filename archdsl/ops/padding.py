"""Zero padding of positions and of channels."""

from __future__ import annotations

from dataclasses import dataclass
from operator import add

from archdsl.diagnostics import Rejected, shape_errors
from archdsl.ops import values
from archdsl.ops.base import IMAGE, Example, Op, Shape, attribute, channels_and_axes
from archdsl.ops.input_windows import Windows, sliding
from archdsl.ops.torch_form import Arg, Call, TorchForm, call
from archdsl.ops.traits import SavesNothing
from archdsl.ops.values import Sides

PAD_CHANNELS = '''
class PadChannels(nn.Module):
    """Appends channels of zeros."""

    def __init__(self, extra: int, axes: int = 3) -> None:
        super().__init__()
        self.sides = [0, 0] * (axes - 1) + [0, extra]

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.pad(x, self.sides)
'''


@dataclass(frozen=True, eq=False, repr=False)
class Pad(SavesNothing, Op):
    """Zeros around an image: `pad(1)`, `pad(1x2)`, `pad([top, bottom, left, right])`."""

    word = "pad"
    affine_map = keeps_sign = True
    kind = "shape"
    examples = (
        Example("pad(1)"),
        Example("pad(0x2)"),
        Example("pad([0, 1, 2, 3])"),
        Example("pad(2)", "8x30"),
        Example("pad([0, 1])", "8x30"),
        Example("pad([0, 1, 2, 3, 4, 5])", "8x3x4x5"),
    )

    sides: Sides = attribute(values.PADDING)

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        channels, extent = channels_and_axes(self.word, inputs[0])
        return channels, *map(add, extent, self.sides.totals)

    def windows(self, source: Shape, output: Shape) -> Windows:
        return tuple(sliding(1, 1, before) for before in self.sides.before)

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        sides = self.sides.last_first
        name = f"nn.ZeroPad{len(sides) // 2}d"
        arguments = (Arg("sides", sides),)  # a pair stays a pair
        return TorchForm(Call(name, arguments), Call("F.pad", arguments))


@dataclass(frozen=True, eq=False, repr=False)
class PadChannels(SavesNothing, Op):
    """Channels of zeros, appended up to `channels`: option A of He et al. 2015, section 3.3."""

    word = "pad_channels"
    affine_map = keeps_sign = True
    kind = "shape"
    examples = (
        Example("pad_channels(16)"),
        Example("pad_channels(8)"),
        Example("pad_channels(20)", "12"),
    )

    channels: int = attribute(values.COUNT)

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        if inputs[0][0] > self.channels:
            raise Rejected(shape_errors.fewer_channels(self.word, self.channels, inputs[0][0]))
        return (self.channels, *inputs[0][1:])

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        extra = self.channels - inputs[0][0]
        axes = len(inputs[0])
        return TorchForm(
            call("PadChannels", Arg("extra", extra), axes=(axes, IMAGE)),
            Call("F.pad", (Arg("sides", (*(0, 0) * (axes - 1), 0, extra)),)),  # a pair stays a pair
            support=PAD_CHANNELS,
        )
