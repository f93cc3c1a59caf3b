"""The shipped networks as the tests use them: their files, graphs, and generated modules."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
from torch import nn

from archdsl import driver, files
from archdsl.backends.torch import emit
from archdsl.diagnostics import Sink
from archdsl.elaboration.modules import Reader
from archdsl.ir import Graph, verify
from archdsl.ops.values import Size
from archdsl.resources import resource
from archdsl.syntax.parse import decode, parse_expression, read
from tests.backends.torch.interpreter import load

FILES = sorted(resource("architectures").glob("*.arch"))
FACTS = json.loads((Path(__file__).parent / "facts.json").read_text("utf-8"))["networks"]


def networks(path: Path) -> list[str]:
    """The networks of a file that need no further parameter."""
    module = Reader(files.library(), Sink()).read(decode(str(path), read(path)))
    return [name for name, network in module.networks.items() if not network.unbound()]


NETWORKS = [name for path in FILES for name in networks(path)]

# Networks that differ from another one only by how often parts repeat, and by widths.
LARGER = frozenset([
    "densenet161", "densenet169", "densenet201", "densenet264", "densenet_bc250_24",
    "densenet_bc190_40", "preresnet1001", "plain34", "plain56", "resnet101", "resnet152",
    "resnet32", "resnet44", "resnet56", "resnet1202", "resnext101_32x8d", "resnext101_64x4d",
    "resnext29_16x64d", "stochastic_resnet152", "vgg13", "vgg19", "vgg13_bn", "vgg19_bn",
    "wide_resnet101_2", "wide_resnet50_2", "wrn_28_10",
    *(f"efficientnet_b{number}" for number in range(1, 8)),
    "shufflenet_v2_x0_5", "shufflenet_v2_x1_5", "shufflenet_v2_x2_0",
    "zfnet_lecture", "mnasnet0_75", "mnasnet1_3", "resnet34", "resnet110", "vgg16", "vgg16_bn",
    "mnasnet1_0",
])  # fmt: skip
# For tests that take seconds for each network: `-m minutes` runs the larger ones.
EACH = [
    pytest.param(name, marks=[pytest.mark.minutes] if name in LARGER else []) for name in NETWORKS
]


@cache
def graph_of(name: str, size: tuple[int, ...] | None = None, settings: str = "") -> Graph:
    """The graph of a shipped network, with another input size or parameters: `"classes=10"`."""
    given = files.given(name)
    assert given.network == name
    words = dict(setting.split("=", 1) for setting in settings.split(";") if setting)
    request = driver.Request(
        name,
        {key: parse_expression(value, "the test") for key, value in words.items()},
        {"input": Size(size)} if size else {},
    )
    sink = Sink()
    (graph,) = driver.graphs(given.source, files.library(), sink, request)
    assert not sink, [diagnostic.message for diagnostic in sink.found]
    verify(graph)
    return graph


SIDES = {  # of the least images, for networks that have no use for 67x67
    "zfnet": 96,
    "zfnet_lecture": 96,
    "googlenet": 224,
    "inception_v3": 299,
    "inception_v4": 139,
    "inception_resnet_v2": 139,
}


def small_input(name: str) -> tuple[int, ...]:
    """The shape of a small input that a network takes, for tests that run it."""
    channels, side, _ = graph_of(name).nodes[graph_of(name).inputs[0]].shape
    return (channels, *[SIDES.get(name, min(side, 67))] * 2)


@cache
def module_of(name: str, size: tuple[int, ...] | None = None, settings: str = "") -> ModuleType:
    """The generated file of a shipped network, imported."""
    return load(emit(graph_of(name, size, settings)), f"generated_{name}")


def model_of(name: str, size: tuple[int, ...] | None = None, settings: str = "") -> nn.Module:
    """A generated network, initialised."""
    made: nn.Module = getattr(module_of(name, size, settings), name)()
    return made
