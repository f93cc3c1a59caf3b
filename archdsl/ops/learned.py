"""Ops that multiply elementwise: by learned numbers, or by a given one."""

from __future__ import annotations

from dataclasses import dataclass

from archdsl.ops import values
from archdsl.ops.base import Example, Op, Shape, Weight, attribute
from archdsl.ops.storage import INPUT, Saved
from archdsl.ops.torch_form import Arg, TorchForm, call
from archdsl.ops.traits import SavesNothing

LAYER_SCALE = '''
class LayerScale(nn.Module):
    """Multiplies each channel by a learned number."""

    def __init__(self, *shape: int, init: float) -> None:
        super().__init__()
        self.init = init
        self.weight = nn.Parameter(torch.full(shape, init))

    def reset_parameters(self) -> None:
        nn.init.constant_(self.weight, self.init)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weight
'''


SCALE = '''
class Scale(nn.Module):
    """Multiplies by a number."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        return x * self.factor
'''


@dataclass(frozen=True, eq=False, repr=False)
class PReLU(Op):
    """x where positive, a learned multiple of x elsewhere (He et al. 2015, section 2.1).

    All channels share one slope, as in PyTorch, unless `shared=false`.
    """

    word = "prelu"
    keeps_output = False
    keeps_sign = keeps_positive = True
    kind = "activation"
    runs = "pointwise"
    examples = (
        Example("prelu"),
        Example("prelu(shared=false)"),
        Example("prelu(slope=0.1, shared=false)", "12"),
    )

    shared: bool = attribute(values.FLAG, True)
    slope: float = attribute(values.NUMBER, 0.25)

    def weights(self, inputs: tuple[Shape, ...]) -> tuple[Weight, ...]:
        return (Weight("weight", (1 if self.shared else inputs[0][0],)),)

    def saved(self, inputs: tuple[Shape, ...], output: Shape, in_place: bool) -> Saved:
        return INPUT

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        count = 1 if self.shared else inputs[0][0]
        return TorchForm(call("nn.PReLU", num_parameters=(count, 1), init=(self.slope, 0.25)))


@dataclass(frozen=True, eq=False, repr=False)
class LayerScale(Op):
    """A learned factor for each channel, small at the start (Touvron et al. 2021)."""

    word = "layer_scale"
    keeps_output = False
    runs = "pointwise"
    affine_map = True
    examples = (Example("layer_scale"), Example("layer_scale(0.1)", "12"))

    init: float = attribute(values.NUMBER, 1e-6)

    def weights(self, inputs: tuple[Shape, ...]) -> tuple[Weight, ...]:
        return (Weight("weight", self._shape(inputs[0])),)

    def saved(self, inputs: tuple[Shape, ...], output: Shape, in_place: bool) -> Saved:
        return INPUT

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        ones = self._shape(inputs[0])[1:]
        return TorchForm(
            call("LayerScale", Arg("in_channels", inputs[0][0]), *ones, init=(self.init, None)),
            support=LAYER_SCALE,
        )

    def _shape(self, shape: Shape) -> Shape:
        """The shape of one number per channel, broadcast over rows and columns."""
        return (shape[0], *(1 for _ in shape[1:]))


@dataclass(frozen=True, eq=False, repr=False)
class Scale(SavesNothing, Op):
    """A constant factor, for instance for large residuals (Szegedy et al. 2016, section 3.3)."""

    word = "scale"
    affine_map = True
    examples = (Example("scale(0.1)"), Example("scale(-2)", "12"))

    factor: float = attribute(values.NUMBER)

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        return TorchForm(call("Scale", self.factor), call("*", self.factor), support=SCALE)
