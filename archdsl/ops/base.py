"""What every op has: attributes, a shape rule, weights, cost, a PyTorch form and examples."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import prod
from typing import Any, ClassVar, NamedTuple

from archdsl.diagnostics import Rejected, shape_errors
from archdsl.ops.input_windows import POINTWISE, Windows
from archdsl.ops.notation import DiagramTraits
from archdsl.ops.torch_form import InitCall, TorchForm
from archdsl.ops.traits import AlgebraTraits, MemoryTraits, TrainingTraits
from archdsl.ops.traits import Shape as Shape
from archdsl.ops.values import Kind

IMAGE = 3  # axes of an image: channels, height, width


class Weight(NamedTuple):
    """A tensor that an op owns; buffers are not learned.

    `width` is the bytes of an element; None: as wide as the values.
    """

    name: str
    shape: Shape
    learned: bool = True
    width: int | None = None


class Example(NamedTuple):
    """An op as written, and the shapes of its inputs: run by the tests against torch."""

    text: str
    inputs: str = "8x14x14"


@dataclass(frozen=True)
class Op(MemoryTraits, AlgebraTraits, TrainingTraits, DiagramTraits):
    """One operation of a network; a subclass is its whole definition.

    This class is the core: `word` is its name in the language, `kind` its family, which is also
    its colour in diagrams, `many` whether it merges branches, `weighted` whether papers count it
    as a layer, `positional` how many arguments may stand without a name (None: all), and the
    methods below. `sees_all`: beside what its windows read, every output depends on the whole
    plane, as on its mean. The traits are optional: each has a default that is safe.
    """

    word: ClassVar[str]
    kind: ClassVar[str] = "other"
    many: ClassVar[bool] = False
    weighted: ClassVar[bool] = False
    positional: ClassVar[int | None] = None
    sees_all: ClassVar[bool] = False
    examples: ClassVar[tuple[Example, ...]] = ()

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        """The output's shape; `Rejected` where the inputs do not fit."""
        return inputs[0]

    def weights(self, inputs: tuple[Shape, ...]) -> tuple[Weight, ...]:
        """The tensors it owns, by their `state_dict` names."""
        return ()

    def macs(self, inputs: tuple[Shape, ...], output: Shape) -> int:
        """Multiply-adds for one image: convolutions and linear layers only."""
        return 0

    def windows(self, source: Shape, output: Shape) -> Windows:
        """What an output position reads of an operand of shape `source`, both being images."""
        return POINTWISE

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        """The PyTorch form; `in_place` when the input may be overwritten."""
        raise NotImplementedError(self.word)

    def torch_init(self) -> tuple[InitCall, ...]:
        """What fills its tensors where PyTorch's own initialisation is not meant."""
        return ()


def attribute(kind: Kind, default: Any = ..., **more: Any) -> Any:
    """A field of an op that the language can set; `quiet=True` keeps it out of `brief`."""
    if default is ...:
        return field(metadata={"kind": kind, **more})
    return field(default=default, metadata={"kind": kind, **more})


def size(shape: Shape) -> str:
    """A shape as the language writes it: `64x56x56`."""
    return "x".join(map(str, shape))


def image(word: str, shape: Shape) -> tuple[int, int, int]:
    """Channels, height and width; `Rejected` when the value is flat."""
    if len(shape) != 3:
        raise Rejected(shape_errors.needs_image(word, size(shape)))
    return shape[0], shape[1], shape[2]


def misfit(message: str, advice: str | None = None) -> Rejected:
    """What `infer` of an op from outside raises: why the inputs do not fit, and a next step."""
    return Rejected(shape_errors.misfit(message, advice))


def volume(shape: Iterable[int]) -> int:
    """The number of elements."""
    return prod(shape)
