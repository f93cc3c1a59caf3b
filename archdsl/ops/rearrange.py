"""Ops that move values between channels and positions."""

from __future__ import annotations

from dataclasses import dataclass

from archdsl.diagnostics import Rejected, shape_errors
from archdsl.ops import values
from archdsl.ops.base import Example, Op, Shape, attribute, channels_and_axes, image
from archdsl.ops.input_windows import Windows, sliding, sliding_back
from archdsl.ops.torch_form import Arg, TorchForm, call
from archdsl.ops.traits import SavesNothing


@dataclass(frozen=True, eq=False, repr=False)
class ChannelShuffle(SavesNothing, Op):
    """A permutation that deals each group's channels out to all groups (Zhang et al. 2017)."""

    word = "channel_shuffle"
    affine_map = keeps_sign = True
    kind = "shape"
    views = True  # with one group, on a GPU
    examples = (
        Example("channel_shuffle(2)"),
        Example("channel_shuffle(3)", "12x5x7"),
        Example("channel_shuffle(1)"),
        Example("channel_shuffle(2)", "8x30"),
    )

    groups: int = attribute(values.COUNT)

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        channels, _ = channels_and_axes(self.word, inputs[0])
        if channels % self.groups:
            raise Rejected(shape_errors.groups_do_not_divide(self.groups, channels))
        return inputs[0]

    def shares(self, training: bool) -> bool:
        return False

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        return TorchForm(
            call("nn.ChannelShuffle", Arg("groups", self.groups)),
            call("F.channel_shuffle", self.groups),
        )


@dataclass(frozen=True, eq=False, repr=False)
class PixelShuffle(SavesNothing, Op):
    """Rearrangement of C·f² x H x W into a finer image, C x fH x fW (Shi et al. 2016)."""

    word = "pixel_shuffle"
    affine_map = keeps_sign = True
    kind = "shape"
    examples = (Example("pixel_shuffle(2)"), Example("pixel_shuffle(3)", "18x5x4"))

    factor: int = attribute(values.COUNT)

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        channels, height, width = image(self.word, inputs[0])
        parts = self.factor**2
        if channels % parts:
            raise Rejected(shape_errors.squares_do_not_divide(self.word, self.factor, channels))
        return channels // parts, height * self.factor, width * self.factor

    def windows(self, source: Shape, output: Shape) -> Windows:
        cell = sliding_back(self.factor, self.factor, 0)
        return cell, cell

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        return TorchForm(
            call("nn.PixelShuffle", Arg("factor", self.factor)),
            call("F.pixel_shuffle", self.factor),
        )


@dataclass(frozen=True, eq=False, repr=False)
class PixelUnshuffle(SavesNothing, Op):
    """The inverse of `pixel_shuffle`, as in YOLOv2's passthrough layer."""

    word = "pixel_unshuffle"
    affine_map = keeps_sign = True
    kind = "shape"
    examples = (Example("pixel_unshuffle(2)"), Example("pixel_unshuffle(3)", "2x6x9"))

    factor: int = attribute(values.COUNT)

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        channels, height, width = image(self.word, inputs[0])
        if height % self.factor or width % self.factor:
            raise Rejected(shape_errors.cells_do_not_divide(self.word, self.factor, height, width))
        return channels * self.factor**2, height // self.factor, width // self.factor

    def windows(self, source: Shape, output: Shape) -> Windows:
        cell = sliding(self.factor, self.factor, 0)
        return cell, cell

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        return TorchForm(
            call("nn.PixelUnshuffle", Arg("factor", self.factor)),
            call("F.pixel_unshuffle", self.factor),
        )
