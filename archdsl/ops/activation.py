"""Activations; all but softmax are elementwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from archdsl.ops import values
from archdsl.ops.base import Example, Op, Shape, attribute, volume
from archdsl.ops.storage import INPUT, Buffer, Saved
from archdsl.ops.torch_form import TorchForm, call


class Activation(Op):
    """The base of all activations, which PyTorch has as a module and as a function."""

    kind = "activation"
    runs = "pointwise"
    keeps_output = False
    keeps_sign = True
    torch_module: ClassVar[str]
    torch_function: ClassVar[str]

    def saved(self, inputs: tuple[Shape, ...], output: Shape, in_place: bool) -> Saved:
        return Saved(output=True) if self.keeps_output else INPUT

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        keywords: dict[str, tuple[Any, Any]] = self.torch_keywords()
        if self.in_place:
            keywords["inplace"] = (in_place, False)
        return TorchForm(
            call(f"nn.{self.torch_module}", **keywords),
            call(self.torch_function, **keywords),
        )

    def torch_keywords(self) -> dict[str, tuple[Any, Any]]:
        """The arguments of the PyTorch form, with their defaults."""
        return {}


class ReLU(Activation):
    """max(x, 0)."""

    word = "relu"
    torch_module, torch_function = "ReLU", "F.relu"
    keeps_output = in_place = True
    rectifies = keeps_positive = idempotent = True
    examples = (Example("relu"), Example("relu", "12"))


class ReLU6(Activation):
    """min(max(x, 0), 6)."""

    word = "relu6"
    torch_module, torch_function = "ReLU6", "F.relu6"
    in_place = True
    rectifies = idempotent = True
    examples = (Example("relu6"),)

    def saved(self, inputs: tuple[Shape, ...], output: Shape, in_place: bool) -> Saved:
        if not in_place:
            return INPUT
        return Saved(extra=Buffer(volume(output)))  # PyTorch copies what it overwrites


@dataclass(frozen=True, eq=False, repr=False)
class LeakyReLU(Activation):
    """x where positive, `slope` times x elsewhere."""

    word = "leaky_relu"
    torch_module, torch_function = "LeakyReLU", "F.leaky_relu"
    in_place = True
    keeps_positive = True
    keeps_output = True
    examples = (Example("leaky_relu"), Example("leaky_relu(0.2)"))

    slope: float = attribute(values.NON_NEGATIVE, 0.01)

    def saved(self, inputs: tuple[Shape, ...], output: Shape, in_place: bool) -> Saved:
        return INPUT  # in place it is the output

    def torch_keywords(self) -> dict[str, tuple[Any, Any]]:
        return {"negative_slope": (self.slope, 0.01)}


@dataclass(frozen=True, eq=False, repr=False)
class ELU(Activation):
    """x where positive, alpha (e^x - 1) elsewhere (Clevert et al. 2015)."""

    word = "elu"
    torch_module, torch_function = "ELU", "F.elu"
    in_place = True
    keeps_positive = True
    keeps_output = True
    examples = (Example("elu"), Example("elu(0.5)"))

    alpha: float = attribute(values.NON_NEGATIVE, 1.0)

    def saved(self, inputs: tuple[Shape, ...], output: Shape, in_place: bool) -> Saved:
        return INPUT  # in place it is the output

    def torch_keywords(self) -> dict[str, tuple[Any, Any]]:
        return {"alpha": (self.alpha, 1.0)}


class GELU(Activation):
    """x times the normal distribution function of x (Hendrycks and Gimpel 2016)."""

    word = "gelu"
    torch_module, torch_function = "GELU", "F.gelu"
    examples = (Example("gelu"),)


class SiLU(Activation):
    """x times sigmoid(x), also called swish."""

    word = "silu"
    torch_module, torch_function = "SiLU", "F.silu"
    examples = (Example("silu"),)


class Hardswish(Activation):
    """x times relu6(x + 3) / 6 (Howard et al. 2019)."""

    word = "hardswish"
    torch_module, torch_function = "Hardswish", "F.hardswish"
    examples = (Example("hardswish"),)


class Hardsigmoid(Activation):
    """relu6(x + 3) / 6."""

    word = "hardsigmoid"
    torch_module, torch_function = "Hardsigmoid", "F.hardsigmoid"
    rectifies = True
    examples = (Example("hardsigmoid"),)


class Sigmoid(Activation):
    """1 / (1 + e^-x)."""

    word = "sigmoid"
    torch_module, torch_function = "Sigmoid", "torch.sigmoid"
    rectifies = True
    keeps_output = True
    examples = (Example("sigmoid"),)


class Tanh(Activation):
    """The hyperbolic tangent."""

    word = "tanh"
    torch_module, torch_function = "Tanh", "torch.tanh"
    keeps_output = True
    examples = (Example("tanh"),)


class Softmax(Activation):
    """e^x over its sum along the channels."""

    word = "softmax"
    runs = "alone"
    torch_module, torch_function = "Softmax", "F.softmax"
    rectifies = True
    keeps_output = True
    examples = (Example("softmax"), Example("softmax", "10"))

    def torch_keywords(self) -> dict[str, tuple[Any, Any]]:
        return {"dim": (1, None)}
