"""Pools: windows without weights."""

from __future__ import annotations

from dataclasses import dataclass
from operator import gt
from typing import Any

from archdsl.diagnostics import Rejected, shape_errors
from archdsl.ops import values
from archdsl.ops.base import Example, Op, Shape, attribute, channels_and_axes, volume
from archdsl.ops.input_windows import EVERYWHERE, Windows, pooled, sliding
from archdsl.ops.output_sizes import fitted, slide, slide_ceil
from archdsl.ops.storage import INDEX, INPUT, Buffer, Saved
from archdsl.ops.torch_form import Arg, TorchForm, call
from archdsl.ops.values import Sides, Size, Symbol


def _places(output: Shape) -> Buffer:
    """The position of each maximum, as an int64."""
    return Buffer(volume(output), INDEX)


@dataclass(frozen=True, eq=False, repr=False)
class Pool(Op):
    """The base of both pools; `stride` defaults to the window's size."""

    kind = "pool"
    keeps_output = False

    kernel: Size | Symbol = attribute(values.WINDOW)
    stride: Size | None = attribute(values.SIZE, None)
    pad: Sides = attribute(values.PADDING, Sides((0, 0, 0, 0)))
    ceil: bool = attribute(values.FLAG, False)

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        channels, extent = channels_and_axes(self.word, inputs[0])
        if isinstance(self.kernel, Symbol):
            return channels, *(1 for _ in extent)
        self.check_padding(self.kernel)
        stride, padding = self.stride or self.kernel, self.pad.before
        if self.ceil:
            parts = zip(extent, self.kernel, stride, padding, strict=True)
            out = Size(slide_ceil(*part) for part in parts)
        else:
            parts = zip(extent, self.kernel, stride, self.pad.totals, strict=True)
            out = Size(slide(*part) for part in parts)
        return channels, *fitted(self.word, out, self.kernel, extent, any(self.pad))

    def check_padding(self, kernel: Size) -> None:
        """Raise `Rejected` for a padding that PyTorch's pools do not have."""
        if not self.pad.even:
            raise Rejected(shape_errors.uneven_pad(self.word))
        for pad, window in zip(self.pad.before, kernel, strict=True):
            if pad > window // 2:
                raise Rejected(shape_errors.pad_too_large(self.word, pad, window))

    @property
    def caption(self) -> str:
        """The op in a figure; a pool of the whole plane has no stride."""
        return f"{self.word} global" if isinstance(self.kernel, Symbol) else super().caption

    def windows(self, source: Shape, output: Shape) -> Windows:
        if isinstance(self.kernel, Symbol):
            return EVERYWHERE
        parts = zip(self.kernel, self.stride or self.kernel, self.pad.before, strict=True)
        return tuple(sliding(*part) for part in parts)

    def forms(self, axes: int, name: str, **more: tuple[Any, Any]) -> TorchForm:
        """The pool of so many axes, by the name of its module and of its function."""
        module, function = f"{name.capitalize()}Pool{axes}d", f"{name}_pool{axes}d"
        if isinstance(self.kernel, Symbol):
            return TorchForm(
                call(f"nn.Adaptive{module}", Arg("size", 1)), call(f"F.adaptive_{function}", 1)
            )
        keywords = {
            "stride": (self.stride or self.kernel, self.kernel),
            "padding": (self.pad.before, 0),
            "ceil_mode": (self.ceil, False),
            **more,
        }
        return TorchForm(
            call(f"nn.{module}", Arg("kernel", self.kernel), **keywords),
            call(f"F.{function}", self.kernel, **keywords),
        )


class MaxPool(Pool):
    """The largest value under a window, or of the whole plane: `maxpool(global)`."""

    word = "maxpool"
    keeps_sign = True
    examples = (
        Example("maxpool(2x2)"),
        Example("maxpool(3x3, /2)"),
        Example("maxpool(3x3, /2, pad=1)", "4x15x16"),
        Example("maxpool(3x3, /2, ceil=true)"),
        Example("maxpool(3x3, /2, pad=1, ceil=true)"),
        Example("maxpool(2x2, /3, pad=1, ceil=true)", "4x5x7"),
        Example("maxpool(1x3, /1x2)"),
        Example("maxpool(global)"),
        Example("maxpool(4)", "4x37"),
        Example("maxpool(1x3x3, /1x2x2, pad=0x1x1)", "4x3x8x9"),
        Example("maxpool(global)", "4x9"),
    )

    def saved(self, inputs: tuple[Shape, ...], output: Shape, in_place: bool) -> Saved:
        return Saved(operands=(0,), extra=_places(output))

    def scratch(self, inputs: tuple[Shape, ...], output: Shape) -> Buffer:
        return _places(output)

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        return self.forms(len(inputs[0]) - 1, "max")


@dataclass(frozen=True, eq=False, repr=False)
class AvgPool(Pool):
    """The mean under a window, or of the whole plane: `avgpool(global)`.

    Padding counts as zeros, as in PyTorch, unless `include_pad=false`.
    """

    word = "avgpool"
    affine_map = keeps_sign = True
    examples = (
        Example("avgpool(2x2)"),
        Example("avgpool(3x3, /1, pad=1)"),
        Example("avgpool(5x5, /3)"),
        Example("avgpool(3x3, /2, ceil=true)"),
        Example("avgpool(3x3, /1, pad=1, include_pad=false)"),
        Example("avgpool(global)"),
        Example("avgpool(5, /3, pad=1, ceil=true)", "4x37"),
        Example("avgpool(2)", "4x3x8x9"),
        Example("avgpool(global)", "4x3x8x9"),
    )

    include_pad: bool = attribute(values.FLAG, True)

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        output = super().infer(inputs)
        extent = Size(inputs[0][1:])
        window = self.kernel if isinstance(self.kernel, Size) and len(extent) == 3 else ()
        if any(map(gt, window, extent)):  # PyTorch's rule for three axes alone
            word, written = self.word, str(window)
            raise Rejected(shape_errors.window_too_large(word, written, extent, padding=False))
        return output

    def saved(self, inputs: tuple[Shape, ...], output: Shape, in_place: bool) -> Saved:
        return Saved() if isinstance(self.kernel, Symbol) else INPUT

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        padded = (self.include_pad, True)
        return self.forms(len(inputs[0]) - 1, "avg", count_include_pad=padded)


@dataclass(frozen=True, eq=False, repr=False)
class AdaptivePool(Op):
    """The base of both pools to a grid of a given size."""

    kind = "pool"
    keeps_output = False

    size: Size = attribute(values.SIZE)

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        channels, _ = channels_and_axes(self.word, inputs[0])
        return channels, *self.size

    def windows(self, source: Shape, output: Shape) -> Windows:
        return tuple(map(pooled, source[1:], output[1:]))

    def idle(self, inputs: tuple[Shape, ...]) -> bool:
        return inputs[0][1:] == self.size

    def forms(self, name: str) -> TorchForm:
        """The pool by the name of its module and of its function."""
        axes = len(self.size)
        return TorchForm(
            call(f"nn.Adaptive{name.capitalize()}Pool{axes}d", Arg("size", self.size)),
            call(f"F.adaptive_{name}_pool{axes}d", self.size),
        )


class AdaptiveAvgPool(AdaptivePool):
    """The mean of each cell of a grid of the given size."""

    word = "adaptive_avgpool"
    affine_map = keeps_sign = True
    examples = (
        Example("adaptive_avgpool(7x7)"),
        Example("adaptive_avgpool(3x5)", "4x10x9"),
        Example("adaptive_avgpool(5)", "4x12"),
        Example("adaptive_avgpool(2x3x5)", "4x4x10x9"),
    )

    def saved(self, inputs: tuple[Shape, ...], output: Shape, in_place: bool) -> Saved:
        return Saved() if set(self.size) == {1} else INPUT

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        return self.forms("avg")


class AdaptiveMaxPool(AdaptivePool):
    """The largest value in each cell of a grid of the given size."""

    word = "adaptive_maxpool"
    keeps_sign = True
    examples = (Example("adaptive_maxpool(3x5)", "4x10x9"), Example("adaptive_maxpool(5)", "4x12"))

    def saved(self, inputs: tuple[Shape, ...], output: Shape, in_place: bool) -> Saved:
        return Saved(operands=(0,), extra=_places(output))

    def scratch(self, inputs: tuple[Shape, ...], output: Shape) -> Buffer:
        return _places(output)

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        return self.forms("max")
