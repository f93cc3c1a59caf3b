"""Pools: windows without weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from archdsl.diagnostics import Rejected, shape_errors
from archdsl.ops import values
from archdsl.ops.base import Example, Op, Shape, attribute, image, volume
from archdsl.ops.input_windows import EVERYWHERE, Windows, pooled, sliding
from archdsl.ops.output_sizes import Padding, Pair, fitted, slide, slide_ceil
from archdsl.ops.storage import INDEX, INPUT, Buffer, Saved
from archdsl.ops.torch_form import Arg, TorchForm, call
from archdsl.ops.values import Symbol

NO_PADDING = (0, 0, 0, 0)


def _places(output: Shape) -> Buffer:
    """The position of each maximum, as an int64."""
    return Buffer(volume(output), INDEX)


@dataclass(frozen=True, eq=False, repr=False)
class Pool(Op):
    """The base of both pools; `stride` defaults to the window's size."""

    kind = "pool"
    keeps_output = False

    kernel: Pair | Symbol = attribute(values.WINDOW)
    stride: Pair | None = attribute(values.SIZE, None)
    pad: Padding = attribute(values.PADDING, NO_PADDING)
    ceil: bool = attribute(values.FLAG, False)

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        channels, *extent = image(self.word, inputs[0])
        if isinstance(self.kernel, Symbol):
            return channels, 1, 1
        if self.pad[0] != self.pad[1] or self.pad[2] != self.pad[3]:
            raise Rejected(shape_errors.uneven_pad(self.word))
        for pad, kernel in zip(self.pad[::2], self.kernel, strict=True):
            if pad > kernel // 2:
                raise Rejected(shape_errors.pad_too_large(self.word, pad, kernel))
        out = [
            slide_ceil(n, k, s, p) if self.ceil else slide(n, k, s, 2 * p)
            for n, k, s, p in zip(
                extent, self.kernel, self.stride or self.kernel, self.pad[::2], strict=True
            )
        ]
        return channels, *fitted(
            self.word, (out[0], out[1]), self.kernel, (extent[0], extent[1]), any(self.pad)
        )

    @property
    def caption(self) -> str:
        """The op in a figure; a pool of the whole plane has no stride."""
        return f"{self.word} global" if isinstance(self.kernel, Symbol) else super().caption

    def windows(self, source: Shape, output: Shape) -> Windows:
        if isinstance(self.kernel, Symbol):
            return EVERYWHERE
        parts = zip(self.kernel, self.stride or self.kernel, self.pad[::2], strict=True)
        height, width = (sliding(*part) for part in parts)
        return height, width

    def _forms(self, name: str, function: str, **more: tuple[Any, Any]) -> TorchForm:
        if isinstance(self.kernel, Symbol):
            return TorchForm(
                call(f"nn.Adaptive{name}", Arg("size", 1)), call(f"F.adaptive_{function}", 1)
            )
        keywords = {
            "stride": (self.stride or self.kernel, self.kernel),
            "padding": (self.pad[::2], 0),
            "ceil_mode": (self.ceil, False),
            **more,
        }
        return TorchForm(
            call(f"nn.{name}", Arg("kernel", self.kernel), **keywords),
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
    )

    def saved(self, inputs: tuple[Shape, ...], output: Shape, in_place: bool) -> Saved:
        return Saved(operands=(0,), extra=_places(output))

    def scratch(self, inputs: tuple[Shape, ...], output: Shape) -> Buffer:
        return _places(output)

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        return self._forms("MaxPool2d", "max_pool2d")


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
    )

    include_pad: bool = attribute(values.FLAG, True)

    def saved(self, inputs: tuple[Shape, ...], output: Shape, in_place: bool) -> Saved:
        return Saved() if isinstance(self.kernel, Symbol) else INPUT

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        padded = (self.include_pad, True)
        return self._forms("AvgPool2d", "avg_pool2d", count_include_pad=padded)


@dataclass(frozen=True, eq=False, repr=False)
class AdaptiveAvgPool(Op):
    """The mean of each cell of a grid of the given size."""

    word = "adaptive_avgpool"
    keeps_output = False
    affine_map = keeps_sign = True
    kind = "pool"
    examples = (Example("adaptive_avgpool(7x7)"), Example("adaptive_avgpool(3x5)", "4x10x9"))

    size: Pair = attribute(values.SIZE)

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        channels, _, _ = image(self.word, inputs[0])
        return channels, *self.size

    def windows(self, source: Shape, output: Shape) -> Windows:
        return pooled(source[1], output[1]), pooled(source[2], output[2])

    def idle(self, inputs: tuple[Shape, ...]) -> bool:
        return inputs[0][1:] == self.size

    def saved(self, inputs: tuple[Shape, ...], output: Shape, in_place: bool) -> Saved:
        return Saved() if self.size == (1, 1) else INPUT

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        return TorchForm(
            call("nn.AdaptiveAvgPool2d", Arg("size", self.size)),
            call("F.adaptive_avg_pool2d", self.size),
        )


@dataclass(frozen=True, eq=False, repr=False)
class AdaptiveMaxPool(Op):
    """The largest value in each cell of a grid of the given size."""

    word = "adaptive_maxpool"
    keeps_output = False
    keeps_sign = True
    kind = "pool"
    examples = (Example("adaptive_maxpool(3x5)", "4x10x9"),)

    size: Pair = attribute(values.SIZE)

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        channels, _, _ = image(self.word, inputs[0])
        return channels, *self.size

    def windows(self, source: Shape, output: Shape) -> Windows:
        return pooled(source[1], output[1]), pooled(source[2], output[2])

    def idle(self, inputs: tuple[Shape, ...]) -> bool:
        return inputs[0][1:] == self.size

    def saved(self, inputs: tuple[Shape, ...], output: Shape, in_place: bool) -> Saved:
        return Saved(operands=(0,), extra=_places(output))

    def scratch(self, inputs: tuple[Shape, ...], output: Shape) -> Buffer:
        return _places(output)

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        return TorchForm(
            call("nn.AdaptiveMaxPool2d", Arg("size", self.size)),
            call("F.adaptive_max_pool2d", self.size),
        )
