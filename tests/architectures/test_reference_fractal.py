"""FractalNet against plain PyTorch written from the paper; drop-path is in the backend's tests."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tests.architectures.agreement import agree
from tests.architectures.shipped import model_of


class Fractal(nn.Module):
    """Larsson et al. 2016, equation 1, and section 4.2: convolution, dropout, norm, ReLU."""

    def __init__(self, inputs: int, width: int, columns: int, drop: float) -> None:
        super().__init__()
        conv = nn.Conv2d(inputs, width, 3, padding=1, bias=False)
        self.short = nn.Sequential(conv, nn.Dropout(drop), nn.BatchNorm2d(width), nn.ReLU())
        self.halves = nn.ModuleList(
            Fractal(start, width, columns - 1, drop) for start in (inputs, width) if columns > 1
        )

    def columns(self, x: Tensor) -> list[Tensor]:
        """The ends of all columns, which the last join takes in at once."""
        ends = [self.short(x)]
        if self.halves:
            first, second = self.halves
            ends += second.columns(first(x))
        return ends

    def forward(self, x: Tensor) -> Tensor:
        return torch.stack(self.columns(x)).mean(0)


class DrawColumn(nn.Module):
    """Section 4: global drop-path draws a number first; here no join drops what it says."""

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            torch.rand(())
        return x


def fractalnet(columns: int, widths: list[int]) -> nn.Module:
    parts, channels = [DrawColumn()], 3
    for width, drop in zip(widths, (0, 0.1, 0.2, 0.3, 0.4), strict=True):
        parts += [Fractal(channels, width, columns, drop), nn.MaxPool2d(2)]
        channels = width
    return nn.Sequential(*parts, nn.Flatten(), nn.Linear(channels, 10))


@pytest.mark.parametrize("training", [False, True], ids=["eval", "train"])
@pytest.mark.parametrize(("name", "columns"), [("fractalnet20", 3), ("fractalnet40", 4)])
def test_a_fractal_network_computes_what_its_paper_describes(
    name: str, columns: int, training: bool
) -> None:
    widths, shape = [4, 8, 8, 8, 8], (3, 32, 32)
    agree(
        lambda: model_of(name, shape, f"drop=0;widths={widths}"),
        lambda: fractalnet(columns, widths),
        shape,
        training,
    )
