"""Resizing of images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from archdsl.diagnostics import Rejected, shape_errors
from archdsl.ops import values
from archdsl.ops.base import Example, Op, Shape, attribute, image
from archdsl.ops.input_windows import Windows, interpolated
from archdsl.ops.output_sizes import Pair
from archdsl.ops.torch_form import Code, TorchForm, call
from archdsl.ops.traits import SavesNothing

MODE = values.choice("nearest", "bilinear", "bicubic")


class Interpolation(SavesNothing, Op):
    """The base of both ops, with the interpolation mode."""

    kind = "shape"

    def check_corners(self, mode: str, align_corners: bool) -> None:
        if align_corners and mode == "nearest":
            raise Rejected(shape_errors.corners_of_nearest(self.word))

    def between(self, mode: str, align_corners: bool, source: Shape, output: Shape) -> Windows:
        """The input positions between which an output position lies."""
        height, width = (
            interpolated(n, m, mode, align_corners)
            for n, m in zip(source[1:], output[1:], strict=True)
        )
        return height, width

    def forms(
        self, mode: str, align_corners: bool, module: dict[str, Pair], function: dict[str, Any]
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
    )

    scale: Pair = attribute(values.SIZE)
    mode: str = attribute(MODE, "nearest")
    align_corners: bool = attribute(values.FLAG, False)

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        self.check_corners(self.mode, self.align_corners)
        channels, height, width = image(self.word, inputs[0])
        return channels, height * self.scale[0], width * self.scale[1]

    def windows(self, source: Shape, output: Shape) -> Windows:
        return self.between(self.mode, self.align_corners, source, output)

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        height, width = self.scale
        factors = {"scale_factor": (float(height), float(width))}  # floats for TorchScript
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
    )

    size: Pair = attribute(values.SIZE)
    mode: str = attribute(MODE, "nearest")
    align_corners: bool = attribute(values.FLAG, False)

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        self.check_corners(self.mode, self.align_corners)
        channels, _, _ = image(self.word, inputs[0])
        return channels, *self.size

    def windows(self, source: Shape, output: Shape) -> Windows:
        return self.between(self.mode, self.align_corners, source, output)

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        to = {"size": self.size}
        return self.forms(self.mode, self.align_corners, to, to)
