"""Engines compute what the trainable modules do, whose weights they load."""

from __future__ import annotations

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archdsl.inference.passes.lower import lower
from archdsl.inference.pipeline import INFERENCE, Pass
from tests.architectures.shipped import EACH, graph_of, small_input
from tests.backends.torch.interpreter import graph_of as parsed
from tests.backends.torch.test_equal_to_graph import BLOCKS, bodies
from tests.passes.engines import agree, engine_of, images, rewritten, trained

ENDINGS = [
    "bn -> relu -> conv(1x1, 5) -> avgpool(2x2)",
    "bn -> relu -> avgpool(global) -> flatten -> linear(4) -> bn",
    "bn -> concat { | conv(1x1, 3, pad=0) | conv(1x1, 2) -> relu } -> bn",
    "join { | conv(3x3, 3) -> bn -> relu | relu -> conv(1x1, 3) } -> relu",
    "join { | relu | bn }",
    "add { | conv(1x1, 4) -> bn | conv(1x1, 4) -> relu | conv(3x3, 4) } -> relu6",
    "dropout -> prelu -> conv(3x3, 4, groups=1, /2) -> dropout -> bn -> silu",
    "g: dense i in range(3) { conv(3x3, 1 + i) } -> h: dense 3 { bn -> relu -> conv(3x3, 2) }",
    "aux1: aux(weight=0.3) { avgpool(global) -> flatten -> linear(3) }\n conv(1x1, 2)",
]


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(bodies(), st.sampled_from(ENDINGS))
def test_random_networks(body: str, ending: str) -> None:
    text = f"{BLOCKS}network net {{\n  input 3x6x6\n  {body}\n  {ending}\n}}"
    agree(parsed(text))


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(bodies(), st.sampled_from(ENDINGS), st.sampled_from(INFERENCE[1:]))
def test_each_pass_alone(body: str, ending: str, rewrite: Pass) -> None:
    text = f"{BLOCKS}network net {{\n  input 3x6x6\n  {body}\n  {ending}\n}}"
    agree(parsed(text), (lower, rewrite))


# Networks that take five seconds each; others have the same layers.
LONG = ("vgg11", "vgg11_bn", "inception_resnet_v2", "preresnet200", "resnext29_8x64d")


@pytest.mark.parametrize("name", [each for each in EACH if each.values[0] not in LONG])
def test_a_shipped_network(name: str) -> None:
    agree(graph_of(name, small_input(name)))


@pytest.mark.minutes
@pytest.mark.parametrize("name", LONG)
def test_a_large_shipped_network(name: str) -> None:
    agree(graph_of(name, small_input(name)))


@pytest.mark.parametrize("name", ["resnet18", "squeezenet1_1", "densenet_bc100_12", "preresnet110"])
@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float32, 2e-5), (torch.bfloat16, 0.06)], ids=str
)
def test_the_operators_of_onednn(name: str, dtype: torch.dtype, tolerance: float) -> None:
    """In single and half precision, on a CPU: prepacked, with what follows fused."""
    size = graph_of(name).nodes[0].shape
    graph = graph_of(name, (3, 64, 64) if size[1] > 64 else None)
    model = trained(graph)
    (x,) = images(graph)
    engine = engine_of(rewritten(graph), model, dtype=dtype)
    with torch.no_grad():
        expected = model(x)
    for _ in range(2):  # the first call packs the weights
        found = engine(x).double()
        assert (found - expected).norm() <= tolerance * expected.norm()
    other = engine(x[:1].float()).double()  # packed for another batch
    assert (other - expected[:1]).norm() <= tolerance * expected[:1].norm()
