"""Resizing of images."""

from __future__ import annotations

from dataclasses import dataclass
from operator import mul
from typing import Any

from archdsl.diagnostics import Rejected, shape_errors
from archdsl.ops import values
from archdsl.ops.base import Example, Op, Shape, attribute, channels_and_axes, size
from archdsl.ops.input_windows import Windows, interpolated
from archdsl.ops.torch_form import Code, TorchForm, call, tidy
from archdsl.ops.traits import SavesNothing
from archdsl.ops.values import Size

MODES = ({"nearest", "linear"}, {"nearest", "bilinear", "bicubic"}, {"nearest", "trilinear"})
MODE = values.choice("nearest", "linear", "bilinear", "bicubic", "trilinear")


class Interpolation(SavesNothing, Op):
    """The base of both ops, with the interpolation mode."""

    kind = "shape"

    def axes_of(self, shape: Shape, mode: str, align_corners: bool) -> tuple[int, Size]:
        """The channels and lengths of the input; `Rejected` where the mode does not fit it."""
        if align_corners and mode == "nearest":
            raise Rejected(shape_errors.corners_of_nearest(self.word))
        channels, extent = channels_and_axes(self.word, shape)
        modes = MODES[len(extent) - 1]
        if mode not in modes:
            problem = shape_errors.mode_of_other_axes(self.word, mode, size(shape), sorted(modes))
            raise Rejected(problem)
        return channels, extent

    def between(self, mode: str, align_corners: bool, source: Shape, output: Shape) -> Windows:
        """The input positions between which an output position lies."""
        return tuple(
            interpolated(n, m, mode, align_corners)
            for n, m in zip(source[1:], output[1:], strict=True)
        )

    def forms(
        self, mode: str, align_corners: bool, module: dict[str, Size], function: dict[str, Any]
    ) -> TorchForm:
        """Both PyTorch forms, with the arguments that give the size or scale."""
        keywords: dict[str, tuple[Any, Any]] = {
            "mode": (Code(f'"{mode}"'), Code('"nearest"')),
        }
        if align_corners:
            keywords["align_corners"] = (True, None)
        by, to = ({name: (v, None) for name, v in each.items()} for each in (module, function))
        return TorchForm(
            call("nn.Upsample", **by, **keywords), call("F.interpolate", **to, **keywords)
        )


@dataclass(frozen=True, eq=False, repr=False)
class Upsample(Interpolation):
    """Enlargement by a factor: `upsample(2)`, `upsample(2, mode=bilinear)`."""

    word = "upsample"
    affine_map = True
    examples = (
        Example("upsample(2)"),
        Example("upsample(2, mode=bilinear)"),
        Example("upsample(2x3, mode=bilinear, align_corners=true)", "3x5x4"),
        Example("upsample(2, mode=bicubic)"),
        Example("upsample(1)"),
        Example("upsample(1, mode=bilinear)"),
        Example("upsample(3, mode=linear)", "4x7"),
        Example("upsample(2, mode=trilinear)", "4x3x4x2"),
    )

    scale: Size = attribute(values.SIZE)
    mode: str = attribute(MODE, "nearest")
    align_corners: bool = attribute(values.FLAG, False)

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        channels, extent = self.axes_of(inputs[0], self.mode, self.align_corners)
        return channels, *map(mul, extent, self.scale)

    def windows(self, source: Shape, output: Shape) -> Windows:
        return self.between(self.mode, self.align_corners, source, output)

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        scale = tidy(self.scale)
        several = isinstance(scale, tuple)
        factors = {"scale_factor": tuple(map(float, scale)) if several else float(scale)}
        by = {"scale_factor": self.scale}
        return self.forms(self.mode, self.align_corners, by, factors)


@dataclass(frozen=True, eq=False, repr=False)
class Resize(Interpolation):
    """Resizing to a height and width: `resize(224x224, mode=bilinear)`."""

    word = "resize"
    affine_map = True
    examples = (
        Example("resize(28x20)"),
        Example("resize(7, mode=bilinear)"),
        Example("resize(14, mode=bilinear, align_corners=true)"),
        Example("resize(9x31, mode=bicubic)"),
        Example("resize(11)", "4x7"),
        Example("resize(2x5x3)", "4x3x4x2"),
    )

    size: Size = attribute(values.SIZE)
    mode: str = attribute(MODE, "nearest")
    align_corners: bool = attribute(values.FLAG, False)

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        channels, _ = self.axes_of(inputs[0], self.mode, self.align_corners)
        return channels, *self.size

    def windows(self, source: Shape, output: Shape) -> Windows:
        return self.between(self.mode, self.align_corners, source, output)

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        to = {"size": self.size}
        return self.forms(self.mode, self.align_corners, to, to)
