"""Fully connected layers."""

from __future__ import annotations

from dataclasses import dataclass

from archdsl.diagnostics import Rejected, shape_errors
from archdsl.ops import values
from archdsl.ops.base import Example, Op, Shape, Weight, attribute, size, volume
from archdsl.ops.initialise import PYTORCH, init_calls
from archdsl.ops.storage import INPUT, Saved
from archdsl.ops.torch_form import Arg, InitCall, TorchForm, call
from archdsl.ops.values import Init


@dataclass(frozen=True, eq=False, repr=False)
class Linear(Op):
    """Fully connected layer on a flat value."""

    word = "linear"
    keeps_output = False
    positional = 1
    affine_map = True
    kind = "linear"
    weighted = True
    examples = (Example("linear(10)", "32"), Example("linear(10, bias=false)", "7"))

    features: int = attribute(values.COUNT)
    bias: bool = attribute(values.FLAG, True)
    init: Init = attribute(values.INIT, PYTORCH, quiet=True)
    bias_init: float | None = attribute(values.FILL, None, quiet=True)

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        if len(inputs[0]) != 1:
            raise Rejected(shape_errors.needs_flat(self.word, size(inputs[0]), volume(inputs[0])))
        return (self.features,)

    def weights(self, inputs: tuple[Shape, ...]) -> tuple[Weight, ...]:
        weight = Weight("weight", (self.features, inputs[0][0]))
        return (weight, Weight("bias", (self.features,))) if self.bias else (weight,)

    def macs(self, inputs: tuple[Shape, ...], output: Shape) -> int:
        return inputs[0][0] * self.features

    def saved(self, inputs: tuple[Shape, ...], output: Shape, in_place: bool) -> Saved:
        return INPUT

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        return TorchForm(
            call(
                "nn.Linear",
                Arg("in_channels", inputs[0][0]),
                Arg("features", self.features),
                bias=(self.bias, True),
            )
        )

    def torch_init(self) -> tuple[InitCall, ...]:
        return init_calls(self.init, self.bias_init if self.bias else None)
