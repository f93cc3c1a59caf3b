"""Ops that move values without arithmetic: input, identity, flatten, slice, reshape."""

from __future__ import annotations

from dataclasses import dataclass, field

from archdsl.diagnostics import Rejected, shape_errors
from archdsl.ops import values
from archdsl.ops.base import Example, Op, Shape, attribute, size, volume
from archdsl.ops.input_windows import EVERYWHERE, POINTWISE, Windows
from archdsl.ops.torch_form import Arg, Call, TorchForm, call
from archdsl.ops.traits import SavesNothing

RESHAPE = '''
class Reshape(nn.Module):
    """The same numbers in another shape, for each image of the batch."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1).unflatten(1, self.shape)
'''


SLICE = '''
class Slice(nn.Module):
    """The channels from `start` up to, not including, `stop`."""

    def __init__(self, start: int, stop: int) -> None:
        super().__init__()
        self.start, self.stop = start, stop

    def forward(self, x: Tensor) -> Tensor:
        return x[:, self.start : self.stop]
'''


@dataclass(frozen=True, eq=False, repr=False)
class Input(SavesNothing, Op):
    """The input of a network."""

    word = "input"
    kind = "input"

    shape: Shape = attribute(values.SIZE)
    fixed: bool = field(default=False, metadata={"quiet": True})  # the network takes no other size


class Identity(SavesNothing, Op):
    """The value as it is: an empty branch, a shortcut without projection."""

    word = "identity"
    views = passes = True
    transparent = affine_map = keeps_sign = True
    runs = "free"
    examples = (Example("identity"),)

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        return TorchForm(call("nn.Identity"))


class Flatten(SavesNothing, Op):
    """Flattening of channels, rows and columns, in this order."""

    word = "flatten"
    affine_map = keeps_sign = True
    kind = "shape"
    views = True
    runs = "free"
    examples = (Example("flatten"), Example("flatten", "12"))

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        return (volume(inputs[0]),)

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        return TorchForm(call("nn.Flatten"), call("torch.flatten", 1))


@dataclass(frozen=True, eq=False, repr=False)
class Slice(SavesNothing, Op):
    """The channels from `start` up to, not including, `stop`."""

    word = "slice"
    affine_map = keeps_sign = True
    kind = "shape"
    views = True
    runs = "free"
    examples = (Example("slice(0, 3)"), Example("slice(2, 8)"))

    start: int = attribute(values.NATURAL)
    stop: int = attribute(values.COUNT)

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        channels, *rest = inputs[0]
        if not self.start < self.stop <= channels:
            raise Rejected(shape_errors.slice_outside(self.start, self.stop, channels))
        return (self.stop - self.start, *rest)

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        length = self.stop - self.start
        return TorchForm(
            call("Slice", Arg("start", self.start), Arg("stop", self.stop)),
            call("torch.narrow", 1, self.start, length),
            support=SLICE,
        )


@dataclass(frozen=True, eq=False, repr=False)
class Reshape(SavesNothing, Op):
    """The same numbers in another shape: `reshape(128x7x7)` of a flat value, `reshape(6272)`."""

    word = "reshape"
    affine_map = keeps_sign = True
    kind = "shape"
    views = True
    runs = "free"
    examples = (
        Example("reshape(8x3x2)", "48"),
        Example("reshape(16x7x14)"),
        Example("reshape(1568)"),
    )

    shape: Shape = attribute(values.SHAPE)

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        if volume(inputs[0]) != volume(self.shape):
            raise Rejected(shape_errors.cannot_reshape(size(inputs[0]), size(self.shape)))
        return self.shape

    def windows(self, source: Shape, output: Shape) -> Windows:
        return POINTWISE if source[1:] == output[1:] else EVERYWHERE

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        module = call("Reshape", Arg("shape", self.shape))
        return TorchForm(module, self._function(len(inputs[0])), support=RESHAPE)

    def _function(self, axes: int) -> Call | None:
        """Write a reshape that cannot change the batch size, as `torch.reshape` with -1 could."""
        if axes == 1:
            return call("torch.unflatten", 1, self.shape)
        return call("torch.flatten", 1) if len(self.shape) == 1 else None
