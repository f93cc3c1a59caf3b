"""Networks of modules that torchvision lacks, against plain PyTorch written from the papers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.architectures.agreement import agree
from tests.architectures.shipped import model_of


def rectified(inputs: int, outputs: int, kernel: int, stride: int = 1, pad: int = 0) -> nn.Module:
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, pad), nn.ReLU())


def halved() -> nn.Module:
    """Caffe's pool, whose last window may hang over the edge."""
    return nn.MaxPool2d(3, 2, ceil_mode=True)


def nin_cifar10() -> nn.Module:
    """Lin et al. 2013, figure 2, with the sizes of the authors' definition."""
    return nn.Sequential(
        rectified(3, 192, 5, pad=2),
        rectified(192, 160, 1),
        rectified(160, 96, 1),
        halved(),
        nn.Dropout(0.5),
        rectified(96, 192, 5, pad=2),
        rectified(192, 192, 1),
        rectified(192, 192, 1),
        halved(),
        nn.Dropout(0.5),
        rectified(192, 192, 3, pad=1),
        rectified(192, 192, 1),
        rectified(192, 10, 1),
        nn.AdaptiveAvgPool2d(1),
    )


def nin_imagenet() -> nn.Module:
    """The authors' model in Caffe's zoo."""
    return nn.Sequential(
        rectified(3, 96, 11, 4),
        rectified(96, 96, 1),
        rectified(96, 96, 1),
        halved(),
        rectified(96, 256, 5, pad=2),
        rectified(256, 256, 1),
        rectified(256, 256, 1),
        halved(),
        rectified(256, 384, 3, pad=1),
        rectified(384, 384, 1),
        rectified(384, 384, 1),
        halved(),
        nn.Dropout(0.5),
        rectified(384, 1024, 3, pad=1),
        rectified(1024, 1024, 1),
        rectified(1024, 1000, 1),
        nn.AdaptiveAvgPool2d(1),
    )


class Branches(nn.ModuleList):
    """Several modules side by side, and their channels one after another."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self], 1)


def inception_naive() -> nn.Module:
    """Szegedy et al. 2014, figure 2a."""
    convs = [rectified(256, 128, 1), rectified(256, 192, 3, pad=1), rectified(256, 96, 5, pad=2)]
    return Branches([*convs, nn.MaxPool2d(3, 1, 1)])


def inception(inputs: int, c1: int, r3: int, c3: int, r5: int, c5: int, pool: int) -> nn.Module:
    """Szegedy et al. 2014, figure 2b."""
    return Branches(
        [
            rectified(inputs, c1, 1),
            nn.Sequential(rectified(inputs, r3, 1), rectified(r3, c3, 3, pad=1)),
            nn.Sequential(rectified(inputs, r5, 1), rectified(r5, c5, 5, pad=2)),
            nn.Sequential(nn.MaxPool2d(3, 1, 1), rectified(inputs, pool, 1)),
        ]
    )


class Fire(nn.Module):
    """Iandola et al. 2016, figure 1; figure 2 for the bypasses."""

    def __init__(self, inputs: int, squeezed: int, expanded: int, complex_: bool) -> None:
        super().__init__()
        self.squeeze = rectified(inputs, squeezed, 1)
        wide = rectified(squeezed, expanded, 3, pad=1)
        self.expand = Branches([rectified(squeezed, expanded, 1), wide])
        self.keeps = inputs == 2 * expanded
        self.bypass = nn.Conv2d(inputs, 2 * expanded, 1) if complex_ and not self.keeps else None

    def forward(self, x: Tensor) -> Tensor:
        y = self.expand(self.squeeze(x))
        if self.bypass is not None:
            return y + self.bypass(x)
        return y + x if self.keeps else y


def squeezenet(complex_: bool) -> nn.Module:
    return nn.Sequential(
        rectified(3, 96, 7, 2),
        halved(),
        Fire(96, 16, 64, complex_),
        Fire(128, 16, 64, complex_),
        Fire(128, 32, 128, complex_),
        halved(),
        Fire(256, 32, 128, complex_),
        Fire(256, 48, 192, complex_),
        Fire(384, 48, 192, complex_),
        Fire(384, 64, 256, complex_),
        halved(),
        Fire(512, 64, 256, complex_),
        nn.Dropout(0.5),
        rectified(512, 1000, 1),
        nn.AdaptiveAvgPool2d(1),
    )


class Dense(nn.Module):
    """Huang et al. 2017, equation 2: each layer reads everything before it."""

    def __init__(self, layers: list[nn.Module]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Tensor) -> Tensor:
        seen = [x]
        for layer in self.layers:
            seen.append(layer(torch.cat(seen, 1)))
        return torch.cat(seen, 1)


def composite(inputs: int, outputs: int, kernel: int, drop: float) -> list[nn.Module]:
    """Section 3: norm, ReLU, convolution, and section 4.2: dropout after each convolution."""
    conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)
    return [nn.BatchNorm2d(inputs), nn.ReLU(), conv, nn.Dropout(drop)]


def densenet(n: int, growth: int, bottleneck: bool, drop: float) -> nn.Module:
    """Three blocks of `n` layers; with bottlenecks (B) also transitions that halve (C)."""
    channels = 2 * growth if bottleneck else 16
    parts: list[nn.Module] = [nn.Conv2d(3, channels, 3, padding=1, bias=False)]
    for block in range(3):
        layers = []
        for i in range(n):
            inputs = channels + i * growth
            inner = 4 * growth if bottleneck else inputs
            reduce = composite(inputs, inner, 1, drop) if bottleneck else []
            layers.append(nn.Sequential(*reduce, *composite(inner, growth, 3, drop)))
        parts.append(Dense(layers))
        channels += n * growth
        if block < 2:
            kept = channels // 2 if bottleneck else channels
            parts += [*composite(channels, kept, 1, drop), nn.AvgPool2d(2)]
            channels = kept
    norm = nn.BatchNorm2d(channels)
    end = [norm, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10)]
    return nn.Sequential(*parts, *end)


class Auxiliary(nn.Module):
    """Szegedy et al. 2014, section 5: the classifiers on 4a and 4d."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.conv = rectified(inputs, 128, 1)
        self.hidden, self.out = nn.Linear(2048, 1024), nn.Linear(1024, 1000)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(F.avg_pool2d(x, 5, 3)).flatten(1)
        return self.out(F.dropout(F.relu(self.hidden(x)), 0.7, self.training))


class GoogLeNet(nn.Module):
    """Table 1; a list of outputs in training."""

    def __init__(self) -> None:
        super().__init__()
        norm = nn.LocalResponseNorm(5, 1e-4, 0.75, 1)
        self.until_4a = nn.Sequential(
            rectified(3, 64, 7, 2, 3),
            halved(),
            norm,
            rectified(64, 64, 1),
            rectified(64, 192, 3, pad=1),
            norm,
            halved(),
            inception(192, 64, 96, 128, 16, 32, 32),
            inception(256, 128, 128, 192, 32, 96, 64),
            halved(),
            inception(480, 192, 96, 208, 16, 48, 64),
        )
        self.first = Auxiliary(512)
        self.until_4d = nn.Sequential(
            inception(512, 160, 112, 224, 24, 64, 64),
            inception(512, 128, 128, 256, 24, 64, 64),
            inception(512, 112, 144, 288, 32, 64, 64),
        )
        self.second = Auxiliary(528)
        self.rest = nn.Sequential(
            inception(528, 256, 160, 320, 32, 128, 128),
            halved(),
            inception(832, 256, 160, 320, 32, 128, 128),
            inception(832, 384, 192, 384, 48, 128, 128),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Dropout(0.4),
            nn.Linear(1024, 1000),
        )

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        early = self.until_4a(x)
        first = self.first(early) if self.training else None
        middle = self.until_4d(early)
        second = self.second(middle) if self.training else None
        out: Tensor = self.rest(middle)
        return out if first is None or second is None else (out, first, second)


@pytest.mark.parametrize("training", [False, True], ids=["eval", "train"])
@pytest.mark.parametrize(
    ("name", "settings", "reference", "size"),
    [
        ("nin_cifar10", "", nin_cifar10, (3, 32, 32)),
        ("nin_imagenet", "", nin_imagenet, (3, 96, 96)),
        ("inception_naive", "", inception_naive, (256, 7, 7)),
        (
            "inception_reduced",
            "",
            lambda: inception(256, 128, 64, 192, 64, 96, 64),
            (256, 7, 7),
        ),
        ("googlenet", "", GoogLeNet, (3, 224, 224)),
        ("densenet40_12", "n=3;drop=0.2", lambda: densenet(3, 12, False, 0.2), (3, 32, 32)),
        ("densenet_bc100_12", "n=3;growth=10", lambda: densenet(3, 10, True, 0), (3, 32, 32)),
        ("squeezenet1_0_simple_bypass", "", lambda: squeezenet(False), (3, 64, 64)),
        ("squeezenet1_0_complex_bypass", "", lambda: squeezenet(True), (3, 64, 64)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_network_of_modules_computes_what_its_paper_describes(
    name: str,
    settings: str,
    reference: Callable[[], nn.Module],
    size: tuple[int, ...],
    training: bool,
) -> None:
    agree(lambda: model_of(name, size, settings), reference, size, training)
