"""Normalisation."""

from __future__ import annotations

from dataclasses import dataclass

from archdsl.ops import values
from archdsl.ops.base import Example, Op, Shape, Weight, attribute, image, volume
from archdsl.ops.storage import INDEX, Buffer, Saved
from archdsl.ops.torch_form import Arg, TorchForm, call


@dataclass(frozen=True, eq=False, repr=False)
class BatchNorm(Op):
    """Batch normalisation (Ioffe and Szegedy 2015) with scale and shift, for each channel."""

    word = "bn"
    keeps_output = False
    positional = 0
    kind = "norm"
    runs = "pointwise"
    affine_map = True
    examples = (
        Example("bn"),
        Example("bn(eps=0.001, momentum=0.01)"),
        Example("bn(affine=false)"),
        Example("bn", "12"),
        Example("bn", "8x30"),
        Example("bn", "8x3x4x5"),
    )

    eps: float = attribute(values.POSITIVE, 1e-5)
    momentum: float = attribute(values.PROBABILITY, 0.1)
    affine: bool = attribute(values.FLAG, True)

    def centres(self, inputs: tuple[Shape, ...]) -> bool:
        return True

    def weights(self, inputs: tuple[Shape, ...]) -> tuple[Weight, ...]:
        channels = inputs[0][:1]
        learned = (Weight("weight", channels), Weight("bias", channels)) if self.affine else ()
        return (
            *learned,
            Weight("running_mean", channels, learned=False),
            Weight("running_var", channels, learned=False),
            Weight("num_batches_tracked", (), learned=False, width=INDEX),
        )

    def saved(self, inputs: tuple[Shape, ...], output: Shape, in_place: bool) -> Saved:
        return Saved(operands=(0,), extra=Buffer(2 * inputs[0][0], batched=False))

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        return TorchForm(
            call(
                f"nn.BatchNorm{max(1, len(inputs[0]) - 1)}d",
                Arg("in_channels", inputs[0][0]),
                eps=(self.eps, 1e-5),
                momentum=(self.momentum, 0.1),
                affine=(self.affine, True),
            )
        )


@dataclass(frozen=True, eq=False, repr=False)
class LocalResponseNorm(Op):
    """Normalisation over neighbouring channels (Krizhevsky et al. 2012, section 3.3).

    As in Caffe and PyTorch `alpha` is divided by the window; the paper's formula is
    `lrn(5, alpha=5e-4, k=2)`.
    """

    word = "lrn"
    keeps_output = False
    keeps_sign = True
    kind = "norm"
    examples = (Example("lrn(5)"), Example("lrn(5, alpha=5e-4, beta=0.5, k=2)"))

    size: int = attribute(values.COUNT)
    alpha: float = attribute(values.NON_NEGATIVE, 1e-4)
    beta: float = attribute(values.NUMBER, 0.75)
    k: float = attribute(values.POSITIVE, 1.0)

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        return image(self.word, inputs[0])

    def saved(self, inputs: tuple[Shape, ...], output: Shape, in_place: bool) -> Saved:
        sums_and_divisors = 2 * volume(output)
        return Saved(operands=(0,), extra=Buffer(self._squares(output) + sums_and_divisors))

    def scratch(self, inputs: tuple[Shape, ...], output: Shape) -> Buffer:
        return Buffer(max(self._squares(output), 2 * volume(output)))

    def _squares(self, shape: Shape) -> int:
        """The squares, zero-padded for the windows at both ends of the channels."""
        return (shape[0] + self.size - 1) * shape[1] * shape[2]

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        keywords = {
            "alpha": (self.alpha, 1e-4),
            "beta": (self.beta, 0.75),
            "k": (self.k, 1.0),
        }
        return TorchForm(
            call("nn.LocalResponseNorm", Arg("size", self.size), **keywords),
            call("F.local_response_norm", self.size, **keywords),
        )
