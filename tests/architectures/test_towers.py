"""AlexNet's two towers against grouped convolutions, as Caffe writes the same network."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.architectures.shipped import model_of


class Grouped(nn.Module):
    """Krizhevsky et al. 2012, section 3.5: conv2, 4 and 5 see only their own GPU's maps."""

    def __init__(self, margin: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 96, 11, 4, margin)
        self.conv2 = nn.Conv2d(96, 256, 5, 1, 2, groups=2)
        self.conv3 = nn.Conv2d(256, 384, 3, 1, 1)
        self.conv4 = nn.Conv2d(384, 384, 3, 1, 1, groups=2)
        self.conv5 = nn.Conv2d(384, 256, 3, 1, 1, groups=2)
        self.fc6, self.fc7 = nn.Linear(9216, 4096), nn.Linear(4096, 4096)
        self.fc8 = nn.Linear(4096, 1000)

    def norm(self, x: Tensor) -> Tensor:
        """Section 3.3, over the maps of one GPU: k = 2, n = 5, alpha = 1e-4, beta = 0.75."""
        halves = []
        for half in x.chunk(2, 1):
            near = F.pad(half.square(), (0, 0, 0, 0, 2, 2))
            total = sum(near[:, i : i + half.shape[1]] for i in range(5))
            halves.append(half / (2 + 1e-4 * total) ** 0.75)
        return torch.cat(halves, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(self.norm(F.relu(self.conv1(x))), 3, 2)
        x = F.max_pool2d(self.norm(F.relu(self.conv2(x))), 3, 2)
        x = F.relu(self.conv4(F.relu(self.conv3(x))))
        x = F.max_pool2d(F.relu(self.conv5(x)), 3, 2).flatten(1)
        return self.fc8(F.relu(self.fc7(F.relu(self.fc6(x)))))


PLACES = {
    "conv1": "early.{}.conv1",
    "conv2": "early.{}.conv2",
    "conv3": "late.{}.conv3",
    "conv4": "late.{}.conv4",
    "conv5": "late.{}.conv5",
    "fc6": "fc6.{}.0",
    "fc7": "fc7.{}.0",
}


def halves(state: dict[str, Tensor], name: str, kind: str) -> Tensor:
    """The filters of both towers, as one layer has them."""
    if name == "fc8":
        return state[f"fc8.{kind}"]
    return torch.cat([state[f"{PLACES[name].format(tower)}.{kind}"] for tower in (0, 1)])


@pytest.mark.parametrize(
    ("size", "settings", "margin"),
    [
        pytest.param(227, "drop=0", 0, id="227", marks=pytest.mark.minutes),
        pytest.param(224, "drop=0;margin=2", 2, id="224"),
    ],
)
def test_the_towers_are_the_grouped_network(size: int, settings: str, margin: int) -> None:
    torch.manual_seed(0)
    ours = model_of("alexnet_towers", (3, size, size), settings).double()
    theirs = Grouped(margin).double()
    state = ours.state_dict()
    theirs.load_state_dict(
        {key: halves(state, *key.split(".")) for key in theirs.state_dict()}, strict=True
    )
    x = torch.randn(1, 3, size, size, dtype=torch.float64)
    outputs = [model(x) for model in (ours, theirs)]
    torch.testing.assert_close(*outputs, rtol=1e-10, atol=1e-10)
    for output in outputs:
        (output * torch.linspace(-1, 1, 1000)).sum().backward()
    gradients = {key: p.grad for key, p in ours.named_parameters() if p.grad is not None}
    for key, parameter in theirs.named_parameters():
        found = halves(gradients, *key.split("."))
        assert parameter.grad is not None
        scale = float(parameter.grad.abs().max())
        torch.testing.assert_close(found, parameter.grad, rtol=0, atol=1e-9 * scale)
