"""Dropout: noise in training only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from archdsl.ops import values
from archdsl.ops.base import Example, Op, Shape, attribute, channels_and_axes, volume
from archdsl.ops.notation import rated
from archdsl.ops.storage import Buffer, Saved
from archdsl.ops.torch_form import Code, TorchForm, call


@dataclass(frozen=True, eq=False, repr=False)
class Dropping(Op):
    """The base of dropout ops, which zero values with probability `p` in training."""

    transparent = affine_map = keeps_sign = True
    kind = "regularisation"
    keeps_output = False
    views = True
    runs = "free"

    p: float = attribute(values.PROBABILITY, 0.5)

    @property
    def rate(self) -> float:
        return self.p

    @property
    def caption(self) -> str:
        return rated(self.word, self.p)

    def mask(self, output: Shape) -> int:
        """The size of the mask that backward needs for one image."""
        return volume(output)

    def shares(self, training: bool) -> bool:
        return self.p == 0 or not training

    def saved(self, inputs: tuple[Shape, ...], output: Shape, in_place: bool) -> Saved:
        return Saved(extra=Buffer(self.mask(output) if self.p else 0))

    def suffix(self, shape: Shape) -> str:
        """The end of PyTorch's names for an input of a shape."""
        return ""

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        suffix = self.suffix(inputs[0])
        keywords: dict[str, tuple[Any, Any]] = {"p": (self.p, 0.5)}
        training = {"training": (Code("self.training"), None)}
        return TorchForm(
            call(f"nn.Dropout{suffix}", **keywords),
            call(f"F.dropout{suffix}", **keywords, **training),
        )


class Dropout(Dropping):
    """Dropout of single values with probability `p` (Srivastava et al. 2014)."""

    word = "dropout"
    examples = (Example("dropout"), Example("dropout(0.2)", "12"))


class Dropout2d(Dropping):
    """Dropout of whole channels with probability `p` (Tompson et al. 2015)."""

    word = "dropout2d"
    examples = (
        Example("dropout2d(0.2)"),
        Example("dropout2d(0.2)", "8x30"),
        Example("dropout2d(0.2)", "8x3x4x5"),
    )

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        channels_and_axes(self.word, inputs[0])
        return inputs[0]

    def suffix(self, shape: Shape) -> str:
        return f"{len(shape) - 1}d"

    def mask(self, output: Shape) -> int:
        return output[0]
