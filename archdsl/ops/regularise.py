"""Ops that disturb values in training only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from archdsl.ops import values
from archdsl.ops.base import Example, Op, Shape, attribute, image, rated, volume
from archdsl.ops.storage import Buffer, Saved
from archdsl.ops.torch_form import Code, TorchForm, call


@dataclass(frozen=True)
class Dropout(Op):
    """Zeroes values with probability `p` in training (Srivastava et al. 2014)."""

    word = "dropout"
    transparent = affine_map = keeps_sign = True
    kind = "regularisation"
    views = True
    runs = "free"
    examples = (Example("dropout"), Example("dropout(0.2)", "12"))

    p: float = attribute(values.PROBABILITY, 0.5)

    @property
    def rate(self) -> float:
        return self.p

    @property
    def caption(self) -> str:
        return rated(self.word, self.p)

    def shares(self, training: bool) -> bool:
        return self.p == 0 or not training

    def saved(self, inputs: tuple[Shape, ...], output: Shape, in_place: bool) -> Saved:
        return Saved(extra=Buffer(volume(output) if self.p else 0))

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        keywords: dict[str, tuple[Any, Any]] = {"p": (self.p, 0.5)}
        training = {"training": (Code("self.training"), None)}
        return TorchForm(call("nn.Dropout", **keywords), call("F.dropout", **keywords, **training))


@dataclass(frozen=True)
class Dropout2d(Op):
    """Zeroes whole channels with probability `p` in training (Tompson et al. 2015)."""

    word = "dropout2d"
    transparent = affine_map = keeps_sign = True
    kind = "regularisation"
    views = True
    runs = "free"
    examples = (Example("dropout2d(0.2)"),)

    p: float = attribute(values.PROBABILITY, 0.5)

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        return image(self.word, inputs[0])

    @property
    def rate(self) -> float:
        return self.p

    @property
    def caption(self) -> str:
        return rated(self.word, self.p)

    def shares(self, training: bool) -> bool:
        return self.p == 0 or not training

    def saved(self, inputs: tuple[Shape, ...], output: Shape, in_place: bool) -> Saved:
        return Saved(extra=Buffer(output[0] if self.p else 0))

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        keywords: dict[str, tuple[Any, Any]] = {"p": (self.p, 0.5)}
        training = {"training": (Code("self.training"), None)}
        return TorchForm(
            call("nn.Dropout2d", **keywords), call("F.dropout2d", **keywords, **training)
        )
