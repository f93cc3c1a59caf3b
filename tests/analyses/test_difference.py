"""What `diff` says of weights is what `load_state_dict` of real modules says."""

from __future__ import annotations

import re

import pytest
import torch
from checking import graph as graph_of_text
from torch import nn

from archdsl.analyses.difference import difference, keys
from archdsl.backends.torch import emit
from archdsl.ir import Graph
from tests.architectures.shipped import EACH, graph_of, model_of
from tests.backends.torch.interpreter import load

MISMATCH = re.compile(
    r"size mismatch for (\S+): copying a param with shape torch.Size\((\[.*?\])\) from checkpoint,"
    r" the shape in current model is torch.Size\((\[.*?\])\)"
)
PAIRS = [
    ("resnet50", "resnext50_32x4d"),
    ("resnet50", "resnet101"),
    ("resnet50", "resnet50_v1"),
    ("vgg16", "vgg16_bn"),
    ("googlenet", "googlenet_bn"),
    ("densenet121", "densenet169"),
    ("squeezenet1_0", "squeezenet1_1"),
    ("fractalnet20", "fractalnet40"),
    ("alexnet", "alexnet_owt"),
]


def module(graph: Graph) -> nn.Module:
    with torch.device("meta"):
        made: nn.Module = getattr(load(emit(graph), f"diff_{graph.name}"), graph.name)()
    return made


def torchs(old: nn.Module, new: nn.Module) -> tuple[set[str], set[str], dict[str, str], bool]:
    """Missing, unexpected and mismatched keys, and whether a strict load succeeds."""
    try:
        new.load_state_dict(old.state_dict(), strict=True)
        strict = True
    except RuntimeError:
        strict = False
    try:
        found = new.load_state_dict(old.state_dict(), strict=False)
        return set(found.missing_keys), set(found.unexpected_keys), {}, strict
    except RuntimeError as error:
        shapes = {key: f"{before} {after}" for key, before, after in MISMATCH.findall(str(error))}
    fitting = {k: v for k, v in old.state_dict().items() if k not in shapes}
    found = new.load_state_dict(fitting, strict=False)
    missing = set(found.missing_keys) - set(shapes)
    return missing, set(found.unexpected_keys), shapes, strict


def ours(old: Graph, new: Graph) -> tuple[set[str], set[str], dict[str, str], bool]:
    weights = difference(old, new).weights
    reshaped = {
        key: f"{list(before)} {list(after)}" for key, (before, after) in weights.reshaped.items()
    }
    return set(weights.missing), set(weights.unexpected), reshaped, weights.load


@pytest.mark.filterwarnings("ignore:.*meta parameter:UserWarning")
@pytest.mark.parametrize(("old", "new"), [*PAIRS, *((b, a) for a, b in PAIRS[:3])])
def test_keys_that_do_not_load_are_torchs(old: str, new: str) -> None:
    graphs = graph_of(old), graph_of(new)
    assert ours(*graphs) == torchs(*map(module, graphs))


@pytest.mark.parametrize("name", EACH)
def test_keys_of_every_network_are_its_state_dicts(name: str) -> None:
    with torch.device("meta"):
        state = model_of(name).state_dict()
    assert keys(graph_of(name)) == {key: tuple(value.shape) for key, value in state.items()}


def test_a_network_is_not_different_from_itself() -> None:
    assert not difference(graph_of("resnet18"), graph_of("resnet18"))


TWO = """
network one { input 4x8x8 -> a: conv(3x3, 4) -> b: relu -> c: conv(3x3, 4) }
network two { input 4x8x8 -> a: conv(3x3, 4) -> b: tanh -> d: conv(3x3, 4) }
network three {
    input 4x8x8 -> a: conv(3x3, 4) -> b: relu
    c: conv(3x3, 4)
    output @b, @c
}
network four { input 4x9x8 -> a: conv(3x3, 4) -> b: relu -> c: conv(3x3, 4) }
network five {
    input 4x8x8
    a: conv(3x3, 4) -> b: relu -> c: conv(3x3, 4)
    add { | @a | @c }
}
network six {
    input 4x8x8
    a: conv(3x3, 4) -> b: relu -> c: conv(3x3, 4)
    add { | @b | @c }
}
"""


def changed(old: str, new: str) -> dict[str, tuple[str | None, str | None]]:
    """The ops of the layers that differ."""
    found = difference(graph_of_text(TWO, old), graph_of_text(TWO, new))
    return {
        each.path: (each.before and each.before.op, each.after and each.after.op)
        for each in found.layers
    }


def test_ops_are_compared_and_layers_found_by_path() -> None:
    assert changed("one", "two") == {
        "b": ("relu", "tanh"),
        "d": (None, "conv(3x3, 4)"),
        "c": ("conv(3x3, 4)", None),
    }


def test_shapes_are_compared() -> None:
    found = difference(graph_of_text(TWO, "one"), graph_of_text(TWO, "four"))
    assert [each.path for each in found.layers] == ["a", "b", "c"]
    assert [each.path for each in found.ends] == ["input input", "output"]


def test_wiring_is_compared() -> None:
    found = difference(graph_of_text(TWO, "five"), graph_of_text(TWO, "six"))
    [change] = found.layers
    assert change.before
    assert change.after
    assert (change.before.reads, change.after.reads) == (("a", "c"), ("b", "c"))
    assert found.weights.load
    assert found


def test_results_are_compared() -> None:
    found = difference(graph_of_text(TWO, "one"), graph_of_text(TWO, "three"))
    assert not found.layers
    assert [each.path for each in found.ends] == ["output b", "output c", "output"]
    assert found
