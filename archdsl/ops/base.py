"""The base of all ops: attributes, shape rule, weights, cost, PyTorch form and examples."""

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
from archdsl.ops.values import Kind, Size
from archdsl.records import equal, hash_of, text_of

IMAGE = 3  # axes of an image: channels, height, width


class Weight(NamedTuple):
    """A tensor that an op owns: a learned parameter or a buffer.

    `width` is the bytes per element; None: that of the values.
    """

    name: str
    shape: Shape
    learned: bool = True
    width: int | None = None


class Example(NamedTuple):
    """An op as written, with input shapes; the tests compare it with PyTorch."""

    text: str
    inputs: str = "8x14x14"


@dataclass(frozen=True, eq=False, repr=False)  # as subclasses: see `records`
class Op(MemoryTraits, AlgebraTraits, TrainingTraits, DiagramTraits):
    """The base class of an operation; a subclass is its complete definition.

    This class is the core: `word` is its name in the language, `kind` its family, which is also
    its colour in diagrams, `many` whether it merges branches, `weighted` whether papers count it
    as a layer, `positional` how many arguments may be written without a name (None: all), and the
    methods below. `sees_all`: every output also depends on the whole plane, for instance on its
    mean. The traits are optional: each has a safe default.
    """

    word: ClassVar[str]
    kind: ClassVar[str] = "other"
    many: ClassVar[bool] = False
    weighted: ClassVar[bool] = False
    positional: ClassVar[int | None] = None
    sees_all: ClassVar[bool] = False
    examples: ClassVar[tuple[Example, ...]] = ()

    __eq__ = equal
    __hash__ = hash_of
    __repr__ = text_of

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        """Return the output's shape; raise `Rejected` if the inputs do not fit."""
        return inputs[0]

    def weights(self, inputs: tuple[Shape, ...]) -> tuple[Weight, ...]:
        """The op's tensors, with their `state_dict` names."""
        return ()

    def macs(self, inputs: tuple[Shape, ...], output: Shape) -> int:
        """Multiply-adds for one image: convolutions and linear layers only."""
        return 0

    def windows(self, source: Shape, output: Shape) -> Windows:
        """The input positions that an output position reads, along each axis."""
        return POINTWISE

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        """The PyTorch form; `in_place` if it may overwrite the input."""
        raise NotImplementedError(self.word)

    def torch_init(self) -> tuple[InitCall, ...]:
        """The calls that initialise the tensors, unless PyTorch's defaults apply."""
        return ()


def attribute(kind: Kind, default: Any = ..., **more: Any) -> Any:
    """Declare an argument of an op; `quiet=True` omits it from `brief`."""
    if default is ...:
        return field(metadata={"kind": kind, **more})
    return field(default=default, metadata={"kind": kind, **more})


def size(shape: Shape) -> str:
    """A shape as the language writes it: `64x56x56`."""
    return "x".join(map(str, shape))


def image(word: str, shape: Shape) -> tuple[int, int, int]:
    """Return channels, height and width; raise `Rejected` for a value without them."""
    if len(shape) != IMAGE:
        raise Rejected(shape_errors.needs_image(word, shape))
    return shape[0], shape[1], shape[2]


def channels_and_axes(word: str, shape: Shape) -> tuple[int, Size]:
    """Return the channels, and the lengths of one to three axes; raise `Rejected` otherwise."""
    if not 2 <= len(shape) <= 4:
        raise Rejected(shape_errors.needs_image(word, shape))
    return shape[0], Size(shape[1:])


def misfit(message: str, advice: str | None = None) -> Rejected:
    """The exception for `infer` of a plugin's op: why the inputs do not fit, and a next step."""
    return Rejected(shape_errors.misfit(message, advice))


def volume(shape: Iterable[int]) -> int:
    """The number of elements."""
    return prod(shape)
