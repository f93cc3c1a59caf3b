"""What every op has: attributes, a shape rule, weights, cost, a PyTorch form and examples."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import MISSING, dataclass, field, fields
from math import prod
from typing import Any, ClassVar, NamedTuple

from archdsl.diagnostics import Rejected
from archdsl.diagnostics import shapes as say
from archdsl.ops.input_windows import POINTWISE, Windows
from archdsl.ops.storage import NOTHING, Buffer, Saved
from archdsl.ops.torch_form import InitCall, TorchForm
from archdsl.ops.values import Kind

# What a caption says of the arguments that may be left out.
CAPTIONED = {
    "stride": "/{}",
    "groups": "{} groups",
    "dilation": "dilation {}",
    "scale": "×{}",
    "mode": "{}",
    "drop": "drop {}",
}

Shape = tuple[int, ...]  # (C, H, W) or (features,); the batch is implicit
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
class Op:
    """One operation of a network; subclasses are its whole definition.

    Class attributes: `word` is its name in the language, `many` whether it merges branches, `sums`
    whether a branch of zeros would change nothing, `passes` whether it does nothing at all,
    `weighted` whether papers count it as a layer, `skips` whether training leaves out what leads to
    it for whole mini-batches (its value is then zero), `picks` whether training reads only those of
    its operands that `draw` of its module keeps. For diagrams: `kind` is its colour, `sign` what
    stands in its circle. Three say what autograd and storage allow: `keeps_output` (backward
    reads the output), `in_place` (may overwrite its input), `views` (the output may share the
    input's storage). `sees_all`: besides what its windows read, every output depends on the whole
    plane, as on its mean.

    `runs` is how a GPU's kernels run it in evaluation: `alone`; `pointwise`, each number from those
    at its place, so that a neighbour's kernel can do it; `gather`, a copy that is saved where the
    parts are written in place; `free`, nothing moves.

    Six say what the function is in evaluation: `transparent` (the output is the input),
    `affine_map` (a matrix and a constant), `rectifies` (no output is below zero), `keeps_sign`
    (none is where no input is), `keeps_positive` (leaves alone what is not below zero); and of an
    activation `idempotent` (leaves alone what it has made).
    """

    word: ClassVar[str]
    kind: ClassVar[str] = "other"
    sign: ClassVar[str] = ""
    many: ClassVar[bool] = False
    sums: ClassVar[bool] = False
    weighted: ClassVar[bool] = False
    keeps_output: ClassVar[bool] = False
    in_place: ClassVar[bool] = False
    views: ClassVar[bool] = False
    passes: ClassVar[bool] = False
    runs: ClassVar[str] = "alone"
    sees_all: ClassVar[bool] = False
    transparent: ClassVar[bool] = False
    affine_map: ClassVar[bool] = False
    rectifies: ClassVar[bool] = False
    keeps_sign: ClassVar[bool] = False
    keeps_positive: ClassVar[bool] = False
    idempotent: ClassVar[bool] = False
    examples: ClassVar[tuple[Example, ...]] = ()
    positional: ClassVar[int | None] = None  # the others must be named; None: none must

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        """The output's shape; `Rejected` where the inputs do not fit."""
        return inputs[0]

    def weights(self, inputs: tuple[Shape, ...]) -> tuple[Weight, ...]:
        """The tensors it owns, by their `state_dict` names."""
        return ()

    def macs(self, inputs: tuple[Shape, ...], output: Shape) -> int:
        """Multiply-adds for one image: convolutions and linear layers only."""
        return 0

    @property
    def skips(self) -> bool:
        return False

    @property
    def picks(self) -> bool:
        return False

    def windows(self, source: Shape, output: Shape) -> Windows:
        """What an output position reads of an operand of shape `source`, both being images."""
        return POINTWISE

    def idle(self, inputs: tuple[Shape, ...]) -> bool:
        """Whether the output is the input, for these shapes."""
        return self.passes

    def shares(self, training: bool) -> bool:
        """Whether the output lies where the input does."""
        return self.views

    def overwrites(self, inputs: tuple[Shape, ...]) -> bool:
        """Whether the code writes the result over the first operand wherever it may."""
        return self.in_place

    def saved(self, inputs: tuple[Shape, ...], output: Shape, in_place: bool) -> Saved:
        """What eager PyTorch keeps for backward, the op's own weights apart."""
        return Saved(output=self.keeps_output)

    def scratch(self, inputs: tuple[Shape, ...], output: Shape) -> Buffer:
        """What eager PyTorch needs in evaluation beside operands and output, at the worst time."""
        return NOTHING

    def centres(self, inputs: tuple[Shape, ...]) -> bool:
        """Whether each channel's own mean is subtracted, and with it any bias before."""
        return False

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        """The PyTorch form; `in_place` when the input may be overwritten."""
        raise NotImplementedError(self.word)

    def torch_init(self) -> tuple[InitCall, ...]:
        """What fills its tensors where PyTorch's own initialisation is not meant."""
        return ()

    @property
    def rate(self) -> float | None:
        """The probability with which training drops a value or path; None for other ops."""
        return None

    @property
    def title(self) -> str:
        """The op as the author would write it: what it needs by position, the rest by name."""
        return self._written(quiet=True)

    @property
    def brief(self) -> str:
        """As `title`, without what changes neither shape nor cost nor result, as `init`."""
        return self._written(quiet=False)

    @property
    def caption(self) -> str:
        """As a figure says it: `conv 3×3, 64, /2`; padding, bias and the like are left out."""
        given = []
        for f in fields(self):
            value = getattr(self, f.name)
            if f.default is MISSING:
                given.append(shown(value).replace("x", "×"))
            elif value != f.default and f.name in CAPTIONED:
                given.append(CAPTIONED[f.name].format(_square(value).replace("x", "×")))
        return f"{self.word} {', '.join(given)}".rstrip()

    def _written(self, quiet: bool) -> str:
        given = []
        for f in fields(self):
            value = getattr(self, f.name)
            if f.default is MISSING:
                given.append(shown(value))
            elif value != f.default and (quiet or "quiet" not in f.metadata):
                given.append(f"{f.name}={shown(value)}")
        return f"{self.word}({', '.join(given)})" if given else self.word


def attribute(kind: Kind, default: Any = ..., **more: Any) -> Any:
    """A field of an op that the language can set; `quiet=True` keeps it out of `brief`."""
    if default is ...:
        return field(metadata={"kind": kind, **more})
    return field(default=default, metadata={"kind": kind, **more})


def shown(value: Any) -> str:
    """An attribute's value as the language writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple) and len(value) == 4:  # a padding
        top, bottom, left, right = value
        return f"{top}x{left}" if top == bottom and left == right else str(list(value))
    if isinstance(value, tuple):
        return "x".join(map(str, value))
    if isinstance(value, Op):
        return value.title
    return f"{value:g}" if isinstance(value, float) else str(value)


def rated(word: str, *rates: float) -> str:
    """`drop_path 0.5`, or `drop_path 0.167…0.5` where equal ops have different rates."""
    least, most = (f"{rate:.3g}" for rate in (min(rates), max(rates)))
    return f"{word} {least}" if least == most else f"{word} {least}…{most}"


def _square(value: Any) -> str:
    """As `shown`, but `2` for `2x2`: a stride is one number to people."""
    even = isinstance(value, tuple) and len(value) == 2 and value[0] == value[1]
    return shown(value[0] if even else value)


def size(shape: Shape) -> str:
    """A shape as the language writes it: `64x56x56`."""
    return "x".join(map(str, shape))


def image(word: str, shape: Shape) -> tuple[int, int, int]:
    """Channels, height and width; `Rejected` when the value is flat."""
    if len(shape) != 3:
        raise Rejected(say.needs_image(word, size(shape)))
    return shape[0], shape[1], shape[2]


def misfit(message: str, advice: str | None = None) -> Rejected:
    """What `infer` of an op from outside raises: why the inputs do not fit, and a next step."""
    return Rejected(say.misfit(message, advice))


def volume(shape: Iterable[int]) -> int:
    """The number of elements."""
    return prod(shape)
