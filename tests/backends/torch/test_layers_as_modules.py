"""Layers without weights are modules, named as in the summary; `in_place` can be turned off."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from archdsl.backends.torch import emit
from archdsl.cli.main import main
from archdsl.ir import Graph
from archdsl.ops import OPS
from tests.architectures.shipped import graph_of as shipped
from tests.backends.torch.interpreter import graph_of, load

LAYERS = ("activation", "norm", "pool", "regularisation")  # as docs/language.md has them
NETWORKS = (
    "alexnet",
    "densenet40_12",
    "fractalnet20",
    "googlenet_bn",
    "inception_resnet_v2",
    "preresnet110",
    "resnet34_a",
    "squeezenet1_0_complex_bypass",
    "stochastic_resnet110",
    "wrn_40_4",
    "zfnet",
)
EVERY_ACTIVATION = [op.word for op in OPS.values() if op.kind == "activation"]
RESIDUAL = """
block project(width, stride) { if stride != 1 { conv(1x1, width, /stride) -> bn } }
block unit(width, stride = 1) {
  skip downsample: project(width, stride) {
    conv(3x3, width, /stride) -> bn -> relu
    conv(3x3, width) -> bn
  }
  relu
}
network net {
  input 3x16x16
  conv(3x3, 8) -> bn -> relu -> maxpool(2x2)
  unit(8) -> unit(16, stride=2) -> unit(16)
  avgpool(global) -> flatten -> dropout(0.2) -> linear(4)
}
"""


def made(graph: Graph, **options: Any) -> nn.Module:
    return getattr(load(emit(graph, **options), graph.name), graph.name)()


def parents(model: nn.Module) -> dict[str, nn.Module]:
    return dict(model.named_modules(remove_duplicate=False))


@pytest.mark.parametrize("name", NETWORKS)
def test_every_layer_of_the_summary_is_a_module_of_its_own(name: str) -> None:
    graph = shipped(name)
    with torch.device("meta"):
        modules = parents(made(graph))
    layers = [node for node in graph.nodes if node.op.kind in LAYERS]
    missing = [node.path for node in layers if node.path not in modules]
    assert not missing
    assert len({id(modules[node.path]) for node in layers}) == len(layers)


@pytest.mark.parametrize("word", EVERY_ACTIVATION)
def test_no_activation_is_a_function(word: str) -> None:
    text = emit(
        graph_of(f"network net {{ input 3x8x8 -> conv(1x1, 4) -> {word} -> conv(1x1, 4) }}")
    )
    assert f"x = self.{word}1(" in text
    assert "functional" not in text


def test_a_layer_that_takes_the_number_of_its_block_is_an_attribute() -> None:
    text = emit(
        graph_of(
            """block unit(p) { skip { conv(1x1, 8) -> dropout(p) } }
            network net { input 8x4x4 -> unit(0.2) -> unit(0.3) }"""
        )
    )
    assert "self.dropout1 = nn.Dropout(p=p)" in text


def test_what_overwrites_is_marked_in_the_constructor_alone() -> None:
    text = emit(graph_of(RESIDUAL))
    assert "nn.ReLU(inplace=True)" in text
    assert "inplace" not in "".join(re.findall(r"def forward.*?(?=\n\n|\Z)", text, re.DOTALL))


# ------------------------------------------------------------------ nothing in place


def seen_by_hooks(model: nn.Module, x: torch.Tensor) -> tuple[set[str], torch.Tensor]:
    """The modules whose full backward hooks ran with a gradient, and the gradient of the images."""
    found: set[str] = set()
    for name, module in model.named_modules():
        if name and not list(module.children()):
            module.register_full_backward_hook(
                lambda _, inputs, outputs, name=name: found.add(name)  # type: ignore[misc]
            )
    x = x.clone().requires_grad_()
    model(x).sum().backward()
    assert x.grad is not None
    return found, x.grad


@pytest.mark.parametrize(
    "text",
    [
        RESIDUAL,
        *(f"network net {{ input 3x8x8 -> conv(1x1, 4) -> {w} }}" for w in EVERY_ACTIVATION),
    ],
)
def test_full_backward_hooks_see_every_layer_without_in_place(text: str) -> None:
    graph = graph_of(text)
    x = torch.randn(2, *graph.nodes[0].shape)
    plain, usual = made(graph, in_place=False).eval(), made(graph).eval()
    usual.load_state_dict(plain.state_dict())
    found, gradient = seen_by_hooks(plain, x)
    layers = {node.path for node in graph.nodes if node.op.kind in {*LAYERS, "conv", "linear"}}
    assert layers <= found
    again = x.clone().requires_grad_()
    usual(again).sum().backward()
    torch.testing.assert_close(again.grad, gradient)


@pytest.mark.parametrize("name", NETWORKS)
def test_without_in_place_a_file_overwrites_nothing(name: str) -> None:
    text = emit(shipped(name), in_place=False)
    assert not re.search(r"[+*]= ", text)
    assert "inplace" not in text


def test_the_command_writes_files_that_overwrite_nothing(tmp_path: Path) -> None:
    source = tmp_path / "net.arch"
    source.write_text(RESIDUAL)
    for folder, options in (("usual", ()), ("plain", ("--no-inplace",))):
        assert main(["compile", str(source), "-o", str(tmp_path / folder), *options]) == 0
    assert "inplace=True" in (tmp_path / "usual" / "net.py").read_text()
    plain = (tmp_path / "plain" / "net.py").read_text().split('"""')[2]  # without the head
    assert "inplace" not in plain
    assert "+=" not in plain


def test_recomputing_overwrites_nothing_where_it_must_not() -> None:
    text = emit(shipped("densenet40_12"), recompute=True, in_place=False)
    assert "recomputed([self." in text
    assert "inplace" not in text
