"""The least time on a device, by hand and against floors that were worked out apart."""

from __future__ import annotations

import pytest

from archdsl.analyses.roofline import Estimate, Rates, roofline, together
from tests.architectures.shipped import graph_of
from tests.checking import graph

H200 = Rates(flops=790e12, bandwidth=4.3e12, width=2)  # measured, bf16
BATCH = 256

# Floors on an H200 at batch 256: MB of activations an image fused and unfused, images a second
# fused and unfused. Worked out by another program from torchvision's networks.
FLOORS = {
    "alexnet_owt": (2.7, 4.6, 491_885, 401_171),
    "vgg16": (60.7, 115.0, 22_680, 17_636),
    "googlenet_bn": (24.5, 37.4, 135_309, 96_223),
    "squeezenet1_0": (20.6, 38.0, 188_701, 107_039),
    "resnet18": (12.9, 22.8, 184_746, 129_463),
    "resnet50": (56.8, 101.3, 59_169, 36_711),
    "resnet152": (117.8, 208.0, 25_199, 16_484),
    "wide_resnet50_2": (70.0, 127.6, 29_306, 21_044),
    "resnext50_32x4d": (70.0, 127.6, 54_198, 31_399),
    "densenet121": (47.6, 136.2, 84_485, 30_816),
    "densenet201": (67.8, 226.3, 58_547, 18_536),
}
MEMORY_BOUND = {
    "googlenet_bn",
    "squeezenet1_0",
    "resnet50",
    "resnext50_32x4d",
    "densenet121",
    "densenet201",
}


def floor(name: str, fused: bool) -> Estimate:
    return together(each for _, each in roofline(graph_of(name), H200, BATCH, fused))


def activations(name: str, fused: bool) -> float:
    """MB an image, without the weights."""
    many, more = (
        sum(each.bytes for _, each in roofline(graph_of(name), H200, batch, fused))
        for batch in (BATCH, 2 * BATCH)
    )
    return (more - many) / BATCH / 1e6


@pytest.mark.parametrize("name", FLOORS)
def test_fused_floors_are_the_known_ones(name: str) -> None:
    megabytes, _, images, _ = FLOORS[name]
    assert activations(name, fused=True) == pytest.approx(megabytes, abs=0.051)
    found = floor(name, fused=True)
    assert BATCH / found.seconds == pytest.approx(images, rel=1e-4)
    assert found.memory_bound == (name in MEMORY_BOUND)


@pytest.mark.parametrize("name", [name for name in FLOORS if "dense" not in name])
def test_unfused_floors_are_the_known_ones(name: str) -> None:
    """As many bytes. The other program has the convolution read what is added behind it, where a
    convolution that waits for arithmetic hides it; here the pointwise kernel does, which adds."""
    _, megabytes, _, images = FLOORS[name]
    assert activations(name, fused=False) == pytest.approx(megabytes, abs=0.051)
    residual = "resn" in name
    found = BATCH / floor(name, fused=False).seconds
    assert found == pytest.approx(images, rel=0.045 if residual else 5e-4)
    assert found <= images * 1.0005


@pytest.mark.parametrize("name", [name for name in FLOORS if "dense" in name])
def test_unfused_dense_blocks_copy_as_the_generated_code_does(name: str) -> None:
    """Each layer joins its output to all before it: some more bytes than the other program has."""
    _, megabytes, _, images = FLOORS[name]
    assert 1 < activations(name, fused=False) / megabytes < 1.07
    assert 0.93 < BATCH / floor(name, fused=False).seconds / images < 1


def test_a_convolution_by_hand() -> None:
    network = graph("network net {\n input 8x16x16\n conv(3x3, 32) -> bn -> relu\n}\n")
    ((_, found),) = roofline(network, Rates(flops=1e9, bandwidth=1e6, width=4), batch=10)
    flops = 10 * 2 * 32 * 16 * 16 * 8 * 9
    size = 4 * (10 * (8 * 256 + 32 * 256) + 32 * 8 * 9 + 32)
    assert (found.flops, found.bytes) == (flops, size)
    assert found.arithmetic == pytest.approx(flops / 1e9)
    assert found.traffic == pytest.approx(size / 1e6)
    assert found.seconds == found.traffic
    assert found.memory_bound
    assert found.intensity == flops / size


def test_with_bandwidth_to_spare_arithmetic_decides() -> None:
    network = graph("network net {\n input 8x16x16\n conv(3x3, 32)\n}\n")
    ((_, found),) = roofline(network, Rates(flops=1e6, bandwidth=1e12, width=4))
    assert found.seconds == found.arithmetic
    assert not found.memory_bound


def test_batches_share_the_weights() -> None:
    network = graph("network net {\n input 4x1x1\n flatten -> linear(8, bias=false)\n}\n")
    one, ten = (together(each for _, each in roofline(network, H200, batch)) for batch in (1, 10))
    assert one.bytes == 2 * (4 + 8 + 32)
    assert ten.bytes == 2 * (10 * (4 + 8) + 32)


def test_nothing_takes_no_time() -> None:
    assert together([]).seconds == 0
    assert together([]).intensity == 0
