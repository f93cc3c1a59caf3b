"""Fresh weights are distributed as torchvision's, or as the paper says."""

from __future__ import annotations

from math import sqrt

import pytest
import torch
from torch import Tensor, nn

from tests.architectures.shipped import model_of
from tests.torchvision_reference import models


def spread(tensor: Tensor) -> float:
    """The root mean square, which is the standard deviation: all means are 0."""
    return float(tensor.detach().double().square().mean().sqrt())


def margin(tensor: Tensor) -> float:
    """Six standard errors of the spread of so many normal numbers, relative to it."""
    return 6 / sqrt(2 * tensor.numel())


@pytest.mark.parametrize(
    "name",
    [
        "alexnet_owt",
        pytest.param("vgg11", marks=pytest.mark.minutes),
        "resnet18",
        "resnet50",
        "resnext50_32x4d",
        "densenet121",
        "squeezenet1_0",
        "squeezenet1_1",
        "inception_v3",
    ],
)
def test_weights_start_as_torchvisions(name: str) -> None:
    torch.manual_seed(0)
    more = {"init_weights": True} if name == "inception_v3" else {}
    theirs = getattr(models, name.removesuffix("_owt"))(weights=None, **more).state_dict()
    for key, ours in model_of(name).state_dict().items():
        expected = theirs.pop(key)
        assert ours.dtype == expected.dtype
        if expected.numel() == 1 or bool((expected == expected.flatten()[0]).all()):
            assert torch.equal(ours, expected), key  # batch norms, and biases of 0
            continue
        assert spread(ours) == pytest.approx(spread(expected), rel=1.5 * margin(expected)), key
        # Uniform numbers end at 1.7 standard deviations, normal ones do not.
        ends = [float(tensor.abs().max()) / spread(tensor) for tensor in (ours, expected)]
        assert (ends[0] < 2) == (ends[1] < 2), key
    assert not theirs


@pytest.mark.parametrize(
    ("name", "size", "ones"),
    [
        ("alexnet", (3, 67, 67), {"conv2", "conv4", "conv5", "fc6", "fc7"}),
        ("zfnet", (3, 96, 96), set()),
    ],
)
def test_weights_start_as_krizhevskys(name: str, size: tuple[int, ...], ones: set[str]) -> None:
    torch.manual_seed(0)
    for key, value in model_of(name, size).state_dict().items():
        layer, kind = key.split(".")
        if kind == "bias":
            assert bool((value == float(layer in ones)).all()), key
        else:
            assert spread(value) == pytest.approx(0.01, rel=margin(value)), key


def test_lenets_weights_start_within_a_bound_that_shrinks_with_the_inputs() -> None:
    torch.manual_seed(0)
    for key, value in model_of("lenet5").state_dict().items():
        if key.endswith("bias"):
            assert not value.any(), key
            continue
        bound = 2.4 / value[0].numel()
        assert 0.95 * bound < float(value.abs().max()) <= bound, key


def test_plain_networks_start_as_residual_ones() -> None:
    torch.manual_seed(0)
    for module in model_of("plain18").modules():
        if isinstance(module, nn.Conv2d):
            assert module.bias is None
            fan_out = module.out_channels * module.kernel_size[0] * module.kernel_size[1]
            expected = sqrt(2 / fan_out)
            assert spread(module.weight) == pytest.approx(expected, rel=margin(module.weight))


@pytest.mark.parametrize(
    ("name", "settings"), [("wrn_28_10", "layers=16;k=2"), ("densenet40_12", "")]
)
def test_convolutions_start_as_he_has_it(name: str, settings: str) -> None:
    torch.manual_seed(0)
    for module in model_of(name, None, settings).modules():
        if isinstance(module, nn.Conv2d):
            assert module.bias is None
            expected = sqrt(2 / module.weight[0].numel())
            assert spread(module.weight) == pytest.approx(expected, rel=margin(module.weight))


def test_network_in_network_starts_with_the_spreads_of_its_authors_files() -> None:
    narrow = {"nin_cifar10": set(), "nin_imagenet": {"mlpconv1.0", "mlpconv3.0", "mlpconv4.4"}}
    for name, layers in narrow.items():
        torch.manual_seed(0)
        for key, value in model_of(name).state_dict().items():
            layer, _, kind = key.rpartition(".")
            if kind == "bias":
                assert not value.any(), key
            else:
                expected = 0.01 if layer in layers else 0.05
                assert spread(value) == pytest.approx(expected, rel=margin(value)), key
