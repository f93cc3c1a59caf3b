"""Ops that merge several branches into one value."""

from __future__ import annotations

from itertools import accumulate

from archdsl.diagnostics import Rejected
from archdsl.ops.base import Example, Op, Shape, volume
from archdsl.ops.input_windows import GLOBAL, SAME, Windows
from archdsl.ops.storage import Buffer, Saved
from archdsl.ops.torch_form import TorchForm, call, call_of_list
from archdsl.ops.traits import SavesNothing


class ShapesDiffer(Rejected):
    """Raised for branches that cannot be merged; `rule` is the condition."""

    def __init__(self, rule: str) -> None:
        Exception.__init__(self, rule)
        self.rule = rule


def _partial(inputs: tuple[Shape, ...]) -> list[int]:
    """The elements of the partial result, since PyTorch adds operands one by one."""
    return list(accumulate(map(volume, inputs), max))[1:-1]


class Add(SavesNothing, Op):
    """The sum of the branches."""

    word = "add"
    affine_map = keeps_sign = True
    kind = "merge"
    sign = "+"
    folds = True
    runs = "pointwise"
    many = True
    sums = True
    examples = (
        Example("add { | conv(3x3, 8) | identity }"),
        Example("add { | relu | conv(1x1, 8) | identity }"),
    )

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        if len(set(inputs)) != 1:
            raise ShapesDiffer("`add` needs branches of one shape")
        return inputs[0]

    def overwrites(self, inputs: tuple[Shape, ...]) -> bool:
        return len(inputs) == 2

    def scratch(self, inputs: tuple[Shape, ...], output: Shape) -> Buffer:
        return Buffer(max(_partial(inputs), default=0))

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        return TorchForm(function=call("+"))


class Concat(SavesNothing, Op):
    """The branches' channels one after another."""

    word = "concat"
    affine_map = keeps_sign = True
    kind = "merge"
    dissolves = "level"
    runs = "gather"
    many = True
    examples = (
        Example("concat { | conv(3x3, 4) | identity }"),
        Example("concat { | linear(3) | identity }", "5"),
    )

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        if len({shape[1:] for shape in inputs}) != 1:
            raise ShapesDiffer("`concat` needs branches of one height and width")
        return (sum(shape[0] for shape in inputs), *inputs[0][1:])

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        return TorchForm(function=call_of_list("torch.cat", 1))


class Mul(Op):
    """The product of the branches; one of Cx1x1 scales each channel of the others."""

    word = "mul"
    keeps_output = False
    keeps_sign = True
    kind = "merge"
    sign = "×"
    folds = True
    runs = "pointwise"
    many = True
    examples = (
        Example("mul { | identity | sigmoid }"),
        Example("mul { | identity | avgpool(global) -> conv(1x1, 8) -> sigmoid }"),
    )

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        largest = max(inputs, key=lambda shape: (len(shape), shape))
        gate = (largest[0], *(1 for _ in largest[1:]))
        if any(shape not in (largest, gate) for shape in inputs):
            raise ShapesDiffer("`mul` needs branches of one shape, or gates of Cx1x1")
        return largest

    def windows(self, source: Shape, output: Shape) -> Windows:
        gate = [GLOBAL if n == 1 < m else SAME for n, m in zip(source, output, strict=True)]
        return tuple(gate[1:])

    def saved(self, inputs: tuple[Shape, ...], output: Shape, in_place: bool) -> Saved:
        return Saved(tuple(range(len(inputs))), extra=Buffer(sum(_partial(inputs))))

    def scratch(self, inputs: tuple[Shape, ...], output: Shape) -> Buffer:
        return Buffer(max(_partial(inputs), default=0))

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        return TorchForm(function=call("*"))
