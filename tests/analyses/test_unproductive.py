"""Layers that see no more than those before them, held to the published method and its code."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from checking import graph

from archdsl.analyses.receptive_field import receptive_fields
from archdsl.analyses.unproductive import border_layers, feasible_extent, productive_from
from archdsl.ir import Graph

LIBRARY = Path(__file__).parent.parent.parent / "architectures"
# Convolutions flagged at 32, 64, 128 and 224 pixels, how many there are, and the feasible
# resolutions: from the code of Richter et al. 2021 (arXiv:2106.12307) on torchvision's networks.
PUBLISHED = {
    ("alexnet", "alexnet_owt"): ((4, 3, 1, 0), 5, (163, 195)),
    ("vgg", "vgg16"): ((7, 4, 2, 0), 13, (196, 212)),
    ("resnet", "resnet18"): ((7, 3, 0, 0), 20, (139, 435)),
    ("resnet", "resnet50"): ((18, 4, 0, 0), 53, (96, 427)),
    ("densenet", "densenet121"): ((56, 16, 0, 0), 120, (103, 2071)),
}
each = pytest.mark.parametrize(("file", "name"), PUBLISHED)


@cache
def shipped(file: str, name: str) -> Graph:
    return graph((LIBRARY / f"{file}.arch").read_text("utf-8"), name)


def flagged(network: Graph, *extent: int) -> list[str]:
    """The paths of the convolutions that an input leaves unproductive."""
    productive = productive_from(network, receptive_fields(network))
    found = border_layers(productive, (extent[0], extent[-1]))
    return [network.nodes[number].path for number in found]


@each
def test_the_unproductive_convolutions_are_those_of_the_authors_code(file: str, name: str) -> None:
    network = shipped(file, name)
    counts, convolutions, _ = PUBLISHED[file, name]
    assert tuple(len(flagged(network, n)) for n in (32, 64, 128, 224)) == counts
    assert sum(node.op.weighted and len(node.shape) == 3 for node in network.nodes) == convolutions


@each
def test_the_feasible_resolutions_are_those_of_the_authors_code(file: str, name: str) -> None:
    network = shipped(file, name)
    assert feasible_extent(network, receptive_fields(network)) == PUBLISHED[file, name][2]


def test_a_chain_outgrows_its_input_one_layer_after_it_has_seen_all() -> None:
    network = graph("network n { input 1x7x7 -> repeat 5 { conv(3x3, 1) } }")
    assert flagged(network, 7) == ["conv4", "conv5"]  # of fields of 3, 5, 7, 9 and 11 pixels


def test_both_axes_must_be_outgrown() -> None:
    network = graph("network n { input 1x7x70 -> repeat 5 { conv(3x3, 1) } }")
    assert flagged(network, 7, 70) == []


def test_a_network_without_convolutions_has_no_feasible_input() -> None:
    network = graph("network n { input 3x8x8 -> flatten -> linear(10) }")
    assert feasible_extent(network, receptive_fields(network)) is None
