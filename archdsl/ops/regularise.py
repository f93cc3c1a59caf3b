"""Dropout: noise in training only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from archdsl.ops import values
from archdsl.ops.base import Example, Op, Shape, attribute, image, volume
from archdsl.ops.notation import rated
from archdsl.ops.storage import Buffer, Saved
from archdsl.ops.torch_form import Code, TorchForm, call


@dataclass(frozen=True, eq=False, repr=False)
class Dropping(Op):
    """The base of dropout ops, which zero values with probability `p` in training."""

    module: ClassVar[str]  # of `torch.nn`; the function has the op's word

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

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        keywords: dict[str, tuple[Any, Any]] = {"p": (self.p, 0.5)}
        training = {"training": (Code("self.training"), None)}
        return TorchForm(
            call(f"nn.{self.module}", **keywords), call(f"F.{self.word}", **keywords, **training)
        )


class Dropout(Dropping):
    """Dropout of single values with probability `p` (Srivastava et al. 2014)."""

    word = "dropout"
    module = "Dropout"
    examples = (Example("dropout"), Example("dropout(0.2)", "12"))


class Dropout2d(Dropping):
    """Dropout of whole channels with probability `p` (Tompson et al. 2015)."""

    word = "dropout2d"
    module = "Dropout2d"
    examples = (Example("dropout2d(0.2)"),)

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        return image(self.word, inputs[0])

    def mask(self, output: Shape) -> int:
        return output[0]
