"""Ops that move values without computing: flatten, slice, identity, dropout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from archdsl.diagnostics import Rejected
from archdsl.diagnostics import shapes as say
from archdsl.ops import values
from archdsl.ops.base import Example, Op, Shape, attribute, volume
from archdsl.ops.torch_form import Code, TorchForm, call


@dataclass(frozen=True)
class Input(Op):
    """Where a value enters a network."""

    word = "input"
    kind = "input"

    shape: Shape = attribute(values.SIZE)


@dataclass(frozen=True)
class Identity(Op):
    """The value as it is: an empty branch, a shortcut without projection."""

    word = "identity"
    views = True
    examples = (Example("identity"),)

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        return TorchForm(call("nn.Identity"))


@dataclass(frozen=True)
class Flatten(Op):
    """Channels, rows and columns in one row, in this order."""

    word = "flatten"
    kind = "shape"
    views = True
    examples = (Example("flatten"), Example("flatten", "12"))

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        return (volume(inputs[0]),)

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        return TorchForm(call("nn.Flatten"), call("torch.flatten", 1))


@dataclass(frozen=True)
class Slice(Op):
    """The channels from `start` up to `stop`, which is not included."""

    word = "slice"
    kind = "shape"
    views = True
    examples = (Example("slice(0, 3)"), Example("slice(2, 8)"))

    start: int = attribute(values.NATURAL)
    stop: int = attribute(values.COUNT)

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        channels, *rest = inputs[0]
        if not self.start < self.stop <= channels:
            raise Rejected(say.slice_outside(self.start, self.stop, channels))
        return (self.stop - self.start, *rest)

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        length = self.stop - self.start
        return TorchForm(function=call("torch.narrow", 1, self.start, length))


@dataclass(frozen=True)
class Dropout(Op):
    """Zeroes values with probability `p` in training (Srivastava et al. 2014)."""

    word = "dropout"
    kind = "regularisation"
    views = True
    examples = (Example("dropout"), Example("dropout(0.2)", "12"))

    p: float = attribute(values.PROBABILITY, 0.5)

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        keywords: dict[str, tuple[Any, Any]] = {"p": (self.p, 0.5)}
        training = {"training": (Code("self.training"), None)}
        return TorchForm(
            call("nn.Dropout", **keywords), call("F.dropout", **keywords, **training)
        )


@dataclass(frozen=True)
class Dropout2d(Op):
    """Zeroes whole channels with probability `p` in training (Tompson et al. 2015)."""

    word = "dropout2d"
    kind = "regularisation"
    views = True
    examples = (Example("dropout2d(0.2)"),)

    p: float = attribute(values.PROBABILITY, 0.5)

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        keywords: dict[str, tuple[Any, Any]] = {"p": (self.p, 0.5)}
        training = {"training": (Code("self.training"), None)}
        return TorchForm(
            call("nn.Dropout2d", **keywords), call("F.dropout2d", **keywords, **training)
        )
