"""Values of one and three axes: counts, receptive fields, refusals, against PyTorch and theory."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from archdsl.analyses.facts import facts
from archdsl.cli.main import main
from tests.backends.torch.interpreter import compiled, graph_of

VIDEO = """
network net {
    input 3x8x28x28
    conv(3x7x7, 16, /1x2x2, bias=false) -> bn -> relu
    skip { conv(3x3x3, 16, bias=false) -> bn }
    conv(3x3x3, 32, /2, bias=false) -> bn -> dropout2d
    avgpool(global) -> flatten -> linear(10)
}
"""
SOUND = """
network net {
    input 1x4000
    conv(80, 32, /4, pad=38) -> bn -> relu -> maxpool(4)
    conv(3, 64) -> bn -> relu -> avgpool(global) -> flatten
    linear(35)
}
"""
each = pytest.mark.parametrize("text", [VIDEO, SOUND], ids=["video", "sound"])


@each
def test_generated_code_has_the_counts_of_the_analyses(text: str) -> None:
    graph = graph_of(text)
    net, known = compiled(graph).eval(), facts(graph)
    shape = graph.nodes[graph.inputs[0]].shape
    with FlopCounterMode(display=False) as counter:
        net(torch.zeros(1, *shape))
    assert counter.get_total_flops() == 2 * known("", "macs")
    assert sum(p.numel() for p in net.parameters()) == known("", "params")


@each
def test_generated_code_takes_other_sizes(text: str) -> None:
    graph = graph_of(text)
    channels, *extent = graph.nodes[graph.inputs[0]].shape
    larger = torch.zeros(2, channels, *(length + 8 for length in extent))
    assert compiled(graph).eval()(larger).shape[0] == 2


def test_a_field_of_three_axes_has_three_numbers() -> None:
    known = facts(graph_of(VIDEO))  # by hand: 1 + the sum of (kernel - 1) times the stride before
    assert known("conv1", "rf") == (3, 7, 7)
    assert known("conv2", "rf") == (5, 11, 11)
    assert known("conv3", "rf") == (7, 15, 15)
    assert known("conv3", "rf_stride") == (2, 4, 4)


def test_a_field_of_one_axis_is_one_number() -> None:
    known = facts(graph_of(SOUND))
    assert known("conv1", "rf") == 80
    assert known("conv2", "rf") == 80 + 3 * 4 + 2 * 16


@each
@pytest.mark.parametrize("target", ["inference", "training"])
def test_targets_of_images_refuse_other_axes(
    text: str, target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "net.arch").write_text(text)
    file, folder = str(tmp_path / "net.arch"), tmp_path / "out"
    code = main(["compile", file, "--target", target, "-o", str(folder)])
    assert code == 2
    assert "is for images" in capsys.readouterr().err
    assert not folder.exists()
