"""Concatenations that feed only a concatenation of the same level are one."""

from __future__ import annotations

import pytest
import torch

from archdsl.backends.torch import emit
from archdsl.ir import Graph
from tests.backends.torch.interpreter import compiled, graph_of

ONE = {
    "two branches": "concat { | relu | concat { | conv(1x1, 2) | conv(3x3, 3) } | identity }",
    "a branch splits": "concat { | relu | tanh -> concat { | conv(1x3, 2) | conv(3x1, 3) } }",
    "three deep": "concat { | concat { | concat { | relu | tanh } | sigmoid } | identity }",
    "in a condition": "concat { | relu | if true { concat { | tanh | sigmoid } } }",
}
SEVERAL = {
    "read twice": "concat { | relu | concat { | tanh | identity } -> add { | identity | relu } }",
    "labelled": "a: concat { | relu | tanh }\nconcat { | @a | identity }",
    "read by its label": "concat { | concat { | relu | tanh } | b: concat { | relu | @s } }",
    "another block": "concat { | pair | identity }",
}
BLOCK = "block pair { concat { | conv(1x1, 2) | conv(3x3, 3) } }\n"


def network(body: str) -> Graph:
    return graph_of(f"{BLOCK}network net {{\ninput 3x8x8\ns: conv(1x1, 4)\n{body}\n}}")


def concats(graph: Graph) -> int:
    return sum(node.op.runs == "gather" for node in graph.nodes)


@pytest.mark.parametrize("body", ONE.values(), ids=ONE)
def test_nested_concats_are_one(body: str) -> None:
    assert concats(network(body)) == 1
    assert emit(network(body)).count("torch.cat(") == 1


@pytest.mark.parametrize("body", SEVERAL.values(), ids=SEVERAL)
def test_concats_that_have_a_name_or_other_readers_stay(body: str) -> None:
    assert concats(network(body)) == 2


def test_channels_keep_their_order() -> None:
    graph = network(
        "concat { | tanh | concat { | relu | concat { | sigmoid } | silu } | identity }"
    )
    model = compiled(graph).eval()
    x = torch.randn(2, 3, 8, 8)
    stem = model.get_submodule("s")(x)
    functions = (torch.tanh, torch.relu, torch.sigmoid, torch.nn.functional.silu)
    expected = torch.cat([*(function(stem) for function in functions), stem], 1)
    torch.testing.assert_close(model(x), expected)
