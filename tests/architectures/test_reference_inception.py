"""Inception-v4 and Inception-ResNet-v2 against plain PyTorch written from the paper's figures.

The names are those of timm's weights, which therefore fit the generated networks.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.architectures.agreement import agree
from tests.architectures.shipped import model_of

Step = tuple[int, tuple[int, int]] | tuple[int, tuple[int, int], int]  # channels, kernel, stride

ONE, THREE, FIVE = (1, 1), (3, 3), (5, 5)
VALID = 1  # a stride in a step: "V" in the figures, no padding


class Unit(nn.Module):
    """A convolution, its norm and a ReLU; with a stride it is not padded."""

    def __init__(self, inputs: int, channels: int, kernel: tuple[int, int], stride: int = 0):
        super().__init__()
        pad = (0, 0) if stride else (kernel[0] // 2, kernel[1] // 2)
        self.conv = nn.Conv2d(inputs, channels, kernel, stride or 1, pad, bias=False)
        self.bn = nn.BatchNorm2d(channels, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)))


class Mean(nn.Module):
    """The mean of the up to nine pixels that there are, so fewer at the edges."""

    def forward(self, x: Tensor) -> Tensor:
        ones = torch.ones_like(x[:1, :1])
        return 9 * F.avg_pool2d(x, 3, 1, 1) / (9 * F.avg_pool2d(ones, 3, 1, 1))


class Concat(nn.ModuleDict):
    """Branches side by side."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.values()], 1)


def units(inputs: int, *steps: Step) -> list[nn.Module]:
    made = []
    for step in steps:
        made.append(Unit(inputs, *step))
        inputs = step[0]
    return made


def branch(inputs: int, *steps: Step) -> nn.Module:
    made = units(inputs, *steps)
    return made[0] if len(made) == 1 else nn.Sequential(*made)


def branches(inputs: int, *rows: list[Step]) -> dict[str, nn.Module]:
    return {f"branch{i}": branch(inputs, *row) for i, row in enumerate(rows)}


def inception(inputs: int, pool: int, *rows: list[Step]) -> nn.Module:
    """Rows of convolutions, and a mean followed by a projection to `pool` channels."""
    mean = nn.Sequential(Mean(), Unit(inputs, pool, ONE))
    return Concat({**branches(inputs, *rows), f"branch{len(rows)}": mean})


def reduction(inputs: int, *rows: list[Step]) -> nn.Module:
    """Rows of convolutions and a maximum, all of stride 2."""
    return Concat({**branches(inputs, *rows), f"branch{len(rows)}": nn.MaxPool2d(3, 2)})


class InceptionC(nn.Module):
    """Figure 6: two of the branches end in a 1x3 and a 3x1 side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.branch0 = Unit(1536, 256, ONE)
        self.branch1_0 = Unit(1536, 384, ONE)
        self.branch1_1a, self.branch1_1b = Unit(384, 256, (1, 3)), Unit(384, 256, (3, 1))
        self.branch2_0 = Unit(1536, 384, ONE)
        self.branch2_1 = Unit(384, 448, (3, 1))
        self.branch2_2 = Unit(448, 512, (1, 3))
        self.branch2_3a, self.branch2_3b = Unit(512, 256, (1, 3)), Unit(512, 256, (3, 1))
        self.branch3 = nn.Sequential(Mean(), Unit(1536, 256, ONE))

    def forward(self, x: Tensor) -> Tensor:
        first = self.branch1_0(x)
        second = self.branch2_2(self.branch2_1(self.branch2_0(x)))
        parts = [self.branch0(x), self.branch1_1a(first), self.branch1_1b(first)]
        parts += [self.branch2_3a(second), self.branch2_3b(second), self.branch3(x)]
        return torch.cat(parts, 1)


class InceptionV4(nn.Module):
    """Figure 9, with figures 3 to 8 in its order, and so many modules on each grid."""

    def __init__(self, *layers: int) -> None:
        super().__init__()
        a = [[(96, ONE)], [(64, ONE), (96, THREE)], [(64, ONE), (96, THREE), (96, THREE)]]
        down = [(192, (7, 1)), (224, (1, 7)), (224, (7, 1)), (256, (1, 7))]
        b = [[(384, ONE)], [(192, ONE), (224, (1, 7)), (256, (7, 1))], [(192, ONE), *down]]
        stem = [(64, ONE), (64, (1, 7)), (64, (7, 1)), (96, THREE, VALID)]
        wide = [(256, ONE), (256, (1, 7)), (320, (7, 1)), (320, THREE, 2)]
        self.features = nn.Sequential(
            *units(3, (32, THREE, 2), (32, THREE, VALID), (64, THREE)),
            Concat({"maxpool": nn.MaxPool2d(3, 2), "conv": Unit(64, 96, THREE, 2)}),
            Concat(branches(160, [(64, ONE), (96, THREE, VALID)], stem)),
            Concat({"conv": Unit(192, 192, THREE, 2), "maxpool": nn.MaxPool2d(3, 2)}),
            *(inception(384, 96, *a) for _ in range(layers[0])),
            reduction(384, [(384, THREE, 2)], [(192, ONE), (224, THREE), (256, THREE, 2)]),
            *(inception(1024, 128, *b) for _ in range(layers[1])),
            reduction(1024, [(192, ONE), (192, THREE, 2)], wide),
            *(InceptionC() for _ in range(layers[2])),
        )
        self.last_linear = nn.Linear(1536, 1000)

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x).mean((2, 3))
        return self.last_linear(F.dropout(x, 0.2, self.training))


class Residual(nn.Module):
    """Figures 16, 17 and 19: x + factor * (a linear 1x1 of the branches), then perhaps a ReLU."""

    def __init__(self, inputs: int, factor: float, *rows: list[Step], last: bool = False) -> None:
        super().__init__()
        for name, made in branches(inputs, *rows).items():
            self.add_module(name, made)
        self.names = [f"branch{i}" for i in range(len(rows))]
        self.conv2d = nn.Conv2d(sum(row[-1][0] for row in rows), inputs, 1)
        self.factor, self.last = factor, last

    def forward(self, x: Tensor) -> Tensor:
        parts = [self.get_submodule(name)(x) for name in self.names]
        x = x + self.factor * self.conv2d(torch.cat(parts, 1))
        return x if self.last else F.relu(x)


class InceptionResNetV2(nn.Module):
    """The network that TF-Slim released, with so many scaled blocks on each grid."""

    def __init__(self, *layers: int) -> None:
        super().__init__()
        self.conv2d_1a = Unit(3, 32, THREE, 2)
        self.conv2d_2a = Unit(32, 32, THREE, VALID)
        self.conv2d_2b = Unit(32, 64, THREE)
        self.conv2d_3b = Unit(64, 80, ONE)
        self.conv2d_4a = Unit(80, 192, THREE, VALID)
        double = [(64, ONE), (96, THREE), (96, THREE)]
        self.mixed_5b = inception(192, 64, [(96, ONE)], [(48, ONE), (64, FIVE)], double)
        rows = [[(32, ONE)], [(32, ONE), (32, THREE)], [(32, ONE), (48, THREE), (64, THREE)]]
        self.repeat = nn.Sequential(*(Residual(320, 0.17, *rows) for _ in range(layers[0])))
        double = [(256, ONE), (256, THREE), (384, THREE, 2)]
        self.mixed_6a = reduction(320, [(384, THREE, 2)], double)
        rows = [[(192, ONE)], [(128, ONE), (160, (1, 7)), (192, (7, 1))]]
        self.repeat_1 = nn.Sequential(*(Residual(1088, 0.1, *rows) for _ in range(layers[1])))
        double = [(256, ONE), (288, THREE), (320, THREE, 2)]
        rows = [[(256, ONE), (384, THREE, 2)], [(256, ONE), (288, THREE, 2)], double]
        self.mixed_7a = reduction(1088, *rows)
        rows = [[(192, ONE)], [(192, ONE), (224, (1, 3)), (256, (3, 1))]]
        self.repeat_2 = nn.Sequential(*(Residual(2080, 0.2, *rows) for _ in range(layers[2])))
        self.block8 = Residual(2080, 1, *rows, last=True)
        self.conv2d_7b = Unit(2080, 1536, ONE)
        self.classif = nn.Linear(1536, 1000)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(self.conv2d_2b(self.conv2d_2a(self.conv2d_1a(x))), 3, 2)
        x = F.max_pool2d(self.conv2d_4a(self.conv2d_3b(x)), 3, 2)
        x = self.repeat_1(self.mixed_6a(self.repeat(self.mixed_5b(x))))
        x = self.conv2d_7b(self.block8(self.repeat_2(self.mixed_7a(x)))).mean((2, 3))
        return self.classif(F.dropout(x, 0.2, self.training))


REFERENCES = {"inception_v4": InceptionV4, "inception_resnet_v2": InceptionResNetV2}
SIZE = (3, 139, 139)  # 3x3 on the coarsest grid


@pytest.mark.parametrize("training", [False, True], ids=["eval", "train"])
@pytest.mark.parametrize(("name", "reference"), REFERENCES.items(), ids=REFERENCES)
def test_an_inception_network_computes_what_its_paper_describes(
    name: str, reference: Callable[..., nn.Module], training: bool
) -> None:
    model = lambda: model_of(name, SIZE, "layers=[2, 2, 1]")  # noqa: E731
    agree(model, lambda: reference(2, 2, 1), SIZE, training)


@pytest.mark.parametrize(
    ("name", "layers"), [("inception_v4", (4, 7, 3)), ("inception_resnet_v2", (10, 20, 9))]
)
def test_weights_have_timms_names(name: str, layers: tuple[int, ...]) -> None:
    with torch.device("meta"):
        expected = REFERENCES[name](*layers).state_dict()
        found = model_of(name).state_dict()
    assert {key: value.shape for key, value in found.items()} == {
        key: value.shape for key, value in expected.items()
    }
