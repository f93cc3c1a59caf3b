"""Residual networks that torchvision lacks, against plain PyTorch written from the papers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.architectures.agreement import agree
from tests.architectures.shipped import model_of

Unit = Callable[[int, int, int], nn.Module]  # of its inputs, width and stride


def conv(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Module:
    """Every convolution of these papers: it keeps the size, and a norm replaces the bias."""
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)


class OptionA(nn.Module):
    """He et al. 2015, section 3.3: every second pixel, and zeros for the additional channels."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.extra, self.stride = outputs - inputs, stride

    def forward(self, x: Tensor) -> Tensor:
        x = x[:, :, :: self.stride, :: self.stride]
        return torch.cat([x, torch.zeros_like(x[:, :1]).repeat(1, self.extra, 1, 1)], 1)


def option_c(inputs: int, outputs: int, stride: int) -> nn.Module:
    """The same section: all shortcuts are projections, each with its norm."""
    return nn.Sequential(conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))


class Residual(nn.Module):
    """ReLU(F(x) + shortcut(x)), where the last layer of F is a norm."""

    def __init__(self, branch: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.branch, self.shortcut = branch, shortcut

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.branch(x) + self.shortcut(x))


def basic(shortcut: Callable[[int, int, int], nn.Module], always: bool = False) -> Unit:
    """He et al. 2015, figure 5 left."""

    def unit(inputs: int, width: int, stride: int) -> nn.Module:
        branch = nn.Sequential(
            conv(inputs, width, 3, stride),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            conv(width, width, 3),
            nn.BatchNorm2d(width),
        )
        changes = always or inputs != width or stride != 1
        return Residual(branch, shortcut(inputs, width, stride) if changes else nn.Identity())

    return unit


def grouped(inputs: int, width: int, stride: int) -> nn.Module:
    """Xie et al. 2016, section 5.2: 8 groups of 64 where the first stage is 64 wide."""
    inner, outputs = 8 * width, 4 * width
    branch = nn.Sequential(
        conv(inputs, inner, 1),
        nn.BatchNorm2d(inner),
        nn.ReLU(),
        conv(inner, inner, 3, stride, groups=8),
        nn.BatchNorm2d(inner),
        nn.ReLU(),
        conv(inner, outputs, 1),
        nn.BatchNorm2d(outputs),
    )
    same = inputs == outputs and stride == 1
    return Residual(branch, nn.Identity() if same else option_c(inputs, outputs, stride))


class Preactivated(nn.Module):
    """He et al. 2016, equation 5: x + F(x), where F begins with a norm and a ReLU. Where the shape
    changes these come before the shortcut, too; `bare` leaves them to what comes before."""

    def __init__(
        self, convs: list[nn.Module], widths: list[int], shortcut: nn.Module | None, bare: bool
    ) -> None:
        super().__init__()
        self.before = None if bare else nn.BatchNorm2d(widths[0])
        self.first = convs[0]
        self.more = nn.Sequential()
        for width, layer in zip(widths[1:], convs[1:], strict=True):
            self.more.append(nn.BatchNorm2d(width)).append(nn.ReLU())
            if isinstance(layer, nn.Sequential):  # with dropout
                self.more.extend(layer)
            else:
                self.more.append(layer)
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        activated = x if self.before is None else F.relu(self.before(x))
        beside = x if self.shortcut is None else self.shortcut(activated)
        return beside + self.more(self.first(activated))


def pre_basic(shortcut: Callable[[int, int, int], nn.Module] | None, drop: float = 0) -> Unit:
    """Without a shortcut of its own it is the bare 1x1 projection of wide networks."""

    def unit(inputs: int, width: int, stride: int) -> nn.Module:
        last = conv(width, width, 3)
        convs = [
            conv(inputs, width, 3, stride),
            nn.Sequential(nn.Dropout(drop), last) if drop else last,
        ]
        beside: nn.Module | None = None
        if inputs != width or stride != 1:
            beside = (shortcut or (lambda i, o, s: conv(i, o, 1, s)))(inputs, width, stride)
        return Preactivated(convs, [inputs, width], beside, bare=False)

    return unit


def pre_bottleneck(first: bool, bare: bool) -> Unit:
    """The stride is in the `first` 1x1 or in the 3x3; `bare` as in the ImageNet networks."""

    def unit(inputs: int, width: int, stride: int) -> nn.Module:
        convs = [
            conv(inputs, width, 1, stride if first else 1),
            conv(width, width, 3, 1 if first else stride),
            conv(width, 4 * width, 1),
        ]
        same = inputs == 4 * width and stride == 1
        beside = None if same else conv(inputs, 4 * width, 1, stride)
        return Preactivated(
            convs, [inputs, width, width], beside, bare and not same and stride == 1
        )

    return unit


def network(
    stem: list[nn.Module],
    channels: int,
    unit: Unit,
    widths: list[int],
    counts: list[int],
    expansion: int = 1,
    last: bool = False,
    classes: int = 10,
) -> nn.Module:
    """Stages of units; each but the first halves the size. `last` is a norm at the end."""
    layers = stem
    for stage, (width, count) in enumerate(zip(widths, counts, strict=True)):
        for position in range(count):
            layers.append(unit(channels, width, 2 if stage > 0 and position == 0 else 1))
            channels = expansion * width
    if last:
        layers += [nn.BatchNorm2d(channels), nn.ReLU()]
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes)]
    return nn.Sequential(*layers)


def cifar_stem(width: int, activated: bool = True) -> list[nn.Module]:
    first = [conv(3, width, 3)]
    return [*first, nn.BatchNorm2d(width), nn.ReLU()] if activated else first


def imagenet_stem() -> list[nn.Module]:
    return [conv(3, 64, 7, 2), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]


def plain20() -> nn.Module:
    def unit(inputs: int, width: int, stride: int) -> nn.Module:
        return nn.Sequential(
            conv(inputs, width, 3, stride),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            conv(width, width, 3),
            nn.BatchNorm2d(width),
            nn.ReLU(),
        )

    return network(cifar_stem(16), 16, unit, [16, 32, 64], [3, 3, 3])


def resnet20() -> nn.Module:
    return network(cifar_stem(16), 16, basic(OptionA), [16, 32, 64], [3, 3, 3])


def resnet34(unit: Unit) -> Callable[[], nn.Module]:
    widths, counts = [64, 128, 256, 512], [3, 4, 6, 3]
    return lambda: network(imagenet_stem(), 64, unit, widths, counts, classes=1000)


def preresnet14() -> nn.Module:
    unit, widths = pre_basic(OptionA), [16, 32, 64]
    return network(cifar_stem(16, False), 16, unit, widths, [2, 2, 2], last=True)


def preresnet20() -> nn.Module:
    unit, widths = pre_bottleneck(first=True, bare=False), [16, 32, 64]
    return network(cifar_stem(16, False), 16, unit, widths, [2, 2, 2], 4, last=True)


def preresnet26() -> nn.Module:
    unit, widths = pre_bottleneck(first=False, bare=True), [64, 128, 256, 512]
    return network(imagenet_stem(), 64, unit, widths, [2, 2, 2, 2], 4, last=True, classes=1000)


def wrn_16_2() -> nn.Module:
    unit, widths = pre_basic(None, 0.3), [32, 64, 128]
    return network(cifar_stem(16, False), 16, unit, widths, [2, 2, 2], last=True)


def resnext20() -> nn.Module:
    return network(cifar_stem(8), 8, grouped, [8, 16, 32], [2, 2, 2], 4)


@pytest.mark.parametrize("training", [False, True], ids=["eval", "train"])
@pytest.mark.parametrize(
    ("name", "settings", "reference", "size"),
    [
        ("plain20", "", plain20, 32),
        ("resnet20", "", resnet20, 32),
        ("resnet34_a", "", resnet34(basic(OptionA)), 64),
        ("resnet34_c", "", resnet34(basic(option_c, always=True)), 64),
        ("preresnet110", "n=2", preresnet14, 32),
        ("preresnet164", "n=2", preresnet20, 32),
        ("preresnet200", "layers=[2, 2, 2, 2]", preresnet26, 64),
        ("wrn_28_10", "layers=16;k=2;drop=0.3", wrn_16_2, 32),
        ("resnext29_8x64d", "n=2;widths=[8, 16, 32]", resnext20, 32),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_residual_network_computes_what_its_paper_describes(
    name: str, settings: str, reference: Callable[[], nn.Module], size: int, training: bool
) -> None:
    shape = (3, size, size)
    agree(lambda: model_of(name, shape, settings), reference, shape, training)
