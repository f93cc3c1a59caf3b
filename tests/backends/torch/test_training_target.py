"""`--target training`: the same network, which computes in channels_last whatever it is given."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from archdsl.backends.torch import emit
from archdsl.ir import Graph
from tests.architectures.shipped import graph_of
from tests.backends.torch.interpreter import graph_of as parsed
from tests.backends.torch.interpreter import load

TWO = """network two {
  input a 3x8x8
  input b 5
  @a -> conv(3x3, 4) -> relu -> avgpool(global) -> c: flatten
  concat { | @c | @b } -> linear(2)
}"""


def made(graph: Graph, channels_last: bool) -> nn.Module:
    torch.manual_seed(0)
    module: nn.Module = getattr(load(emit(graph, channels_last=channels_last)), graph.name)()
    return module


def leaves(model: nn.Module) -> Iterator[nn.Module]:
    return (module for module in model.modules() if not list(module.children()))


@pytest.mark.parametrize("name", ["resnet18", "densenet40_12", "stochastic_resnet110", "lenet5"])
def test_it_is_the_same_network(name: str) -> None:
    """Images are large enough for the last norms to see 16 values: those of 2 values are all but
    singular, and no two processors agree on their gradients."""
    graph = graph_of(name, (3, 64, 64)) if name == "resnet18" else graph_of(name)
    plain, fast = (made(graph, channels_last).double() for channels_last in (False, True))
    states = plain.state_dict(), fast.state_dict()
    assert list(states[0]) == list(states[1])
    assert all(torch.equal(a, states[1][key]) for key, a in states[0].items())
    images = torch.randn(4, *graph.nodes[graph.inputs[0]].shape).double()
    results = []
    for module in (plain, fast):
        torch.manual_seed(1)
        result = module(images)
        result.square().sum().backward()
        results.append((result, next(module.parameters()).grad))
    torch.testing.assert_close(*results)


def test_all_its_images_are_in_channels_last() -> None:
    model = made(graph_of("resnet18", (3, 32, 32)), channels_last=True)
    seen: list[Tensor] = []
    for module in leaves(model):
        module.register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    model(torch.randn(2, 3, 32, 32))
    images = [x for x in (*seen, *model.parameters()) if x.dim() == 4]
    assert len(images) > 40
    assert all(x.is_contiguous(memory_format=torch.channels_last) for x in images)


def test_what_has_no_rows_and_columns_stays_as_it_is() -> None:
    text = emit(parsed(TWO), channels_last=True)
    assert text.count(".contiguous(memory_format=torch.channels_last)") == 1
    assert load(text).two()(torch.randn(2, 3, 8, 8), torch.randn(2, 5)).shape == (2, 2)
