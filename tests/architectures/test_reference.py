"""Networks that torchvision lacks, against plain PyTorch written from the papers' descriptions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.architectures.agreement import agree
from tests.architectures.shipped import model_of


class Normalise(nn.Module):
    """Krizhevsky et al. 2012, section 3.3: b_i = a_i / (k + alpha * sum_j a_j^2)^beta, n = 5."""

    def forward(self, a: Tensor) -> Tensor:
        channels = a.shape[1]
        planes = []
        for i in range(channels):
            around = a[:, max(0, i - 2) : min(channels - 1, i + 2) + 1]
            planes.append(a[:, i] / (2 + 1e-4 * around.square().sum(1)) ** 0.75)
        return torch.stack(planes, 1)


def lenet5() -> nn.Module:
    """Section II-B, with a dense C3, plain averaging and a linear output."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5),
        nn.Tanh(),
        nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.Tanh(),
        nn.AvgPool2d(2),
        nn.Conv2d(16, 120, 5),
        nn.Tanh(),
        nn.Flatten(),
        nn.Linear(120, 84),
        nn.Tanh(),
        nn.Linear(84, 10),
    )


def classifier(inputs: int) -> list[nn.Module]:
    """Three fully connected layers, dropout after the hidden ones."""
    first = [nn.Flatten(), nn.Linear(inputs, 4096), nn.ReLU(), nn.Dropout(0.5)]
    return [*first, nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(0.5), nn.Linear(4096, 1000)]


def alexnet(size: int) -> nn.Module:
    """Section 3.5, one tower: response normalisation follows the ReLU, pooling follows it."""
    return nn.Sequential(
        nn.Conv2d(3, 96, 11, stride=4),
        nn.ReLU(),
        Normalise(),
        nn.MaxPool2d(3, 2),
        nn.Conv2d(96, 256, 5, padding=2),
        nn.ReLU(),
        Normalise(),
        nn.MaxPool2d(3, 2),
        nn.Conv2d(256, 384, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(384, 384, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(3, 2),
        *classifier(256 * size**2),
    )


def zfnet(size: int) -> nn.Module:
    """Figure 3: sizes 110, 55, 26, 13, 13, 13, 13, 6; normalisation follows pooling."""

    def pool() -> nn.Module:
        return nn.MaxPool2d(3, 2, ceil_mode=True)

    return nn.Sequential(
        nn.Conv2d(3, 96, 7, stride=2, padding=1),
        nn.ReLU(),
        pool(),
        Normalise(),
        nn.Conv2d(96, 256, 5, stride=2),
        nn.ReLU(),
        pool(),
        Normalise(),
        nn.Conv2d(256, 384, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(384, 384, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1),
        nn.ReLU(),
        pool(),
        *classifier(256 * size**2),
    )


class Normed(nn.Sequential):
    """A convolution without bias and its batch normalisation."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1) -> None:
        conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        super().__init__(conv, nn.BatchNorm2d(outputs))


class Bottleneck(nn.Module):
    """Figure 5 right, with the stride in the first 1x1 as in the authors' files."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            [
                Normed(inputs, width, 1, stride),
                Normed(width, width, 3),
                Normed(width, 4 * width, 1),
            ]
        )
        same = inputs == 4 * width and stride == 1
        self.projection = None if same else Normed(inputs, 4 * width, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        reduce, work, expand = self.layers
        y = expand(F.relu(work(F.relu(reduce(x)))))
        return F.relu(y + (x if self.projection is None else self.projection(x)))


def stages(counts: list[int], unit: Callable[[int, int, int], list[nn.Module]]) -> nn.Module:
    """Table 1: the stem, four stages that halve the size and double the width, the classifier."""
    layers: list[nn.Module] = [Normed(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    channels = 64
    for stage, count in enumerate(counts):
        for position in range(count):
            stride = 2 if stage > 0 and position == 0 else 1
            made = unit(channels, 64 << stage, stride)
            layers += made
            channels = 64 << stage if len(made) > 1 else 256 << stage
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 1000))


def plain(counts: list[int]) -> nn.Module:
    """Figure 3, middle: no shortcuts."""

    def unit(inputs: int, width: int, stride: int) -> list[nn.Module]:
        first, second = Normed(inputs, width, 3, stride), Normed(width, width, 3)
        return [first, nn.ReLU(), second, nn.ReLU()]

    return stages(counts, unit)


def resnet50_v1() -> nn.Module:
    return stages([3, 4, 6, 3], lambda inputs, width, stride: [Bottleneck(inputs, width, stride)])


@pytest.mark.parametrize("training", [False, True], ids=["eval", "train"])
@pytest.mark.parametrize(
    ("name", "reference", "size"),
    [
        ("lenet5", lenet5, (1, 32, 32)),
        ("alexnet", partial(alexnet, 1), (3, 67, 67)),
        ("zfnet", partial(zfnet, 2), (3, 96, 96)),
        ("plain18", partial(plain, [2, 2, 2, 2]), (3, 64, 64)),
        ("plain34", partial(plain, [3, 4, 6, 3]), (3, 64, 64)),
        ("resnet50_v1", resnet50_v1, (3, 64, 64)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_network_computes_what_its_paper_describes(
    name: str,
    reference: Callable[[], nn.Module],
    size: tuple[int, ...],
    training: bool,
) -> None:
    agree(lambda: model_of(name, size), reference, size, training)
