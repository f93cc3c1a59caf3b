"""Zero padding of positions and of channels."""

from __future__ import annotations

from dataclasses import dataclass

from archdsl.diagnostics import Rejected, shape_errors
from archdsl.ops import values
from archdsl.ops.base import IMAGE, Example, Op, Shape, attribute, image
from archdsl.ops.input_windows import Windows, sliding
from archdsl.ops.output_sizes import Padding
from archdsl.ops.torch_form import Arg, Call, TorchForm, call
from archdsl.ops.traits import SavesNothing

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
    examples = (Example("pad(1)"), Example("pad(0x2)"), Example("pad([0, 1, 2, 3])"))

    sides: Padding = attribute(values.PADDING)

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        channels, height, width = image(self.word, inputs[0])
        top, bottom, left, right = self.sides
        return channels, height + top + bottom, width + left + right

    def windows(self, source: Shape, output: Shape) -> Windows:
        top, _, left, _ = self.sides
        return sliding(1, 1, top), sliding(1, 1, left)

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        top, bottom, left, right = self.sides
        sides = (left, right, top, bottom)
        return TorchForm(call("nn.ZeroPad2d", Arg("sides", sides)), call("F.pad", sides))


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
