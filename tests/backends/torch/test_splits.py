"""Equal pieces of one value are one call of `torch.chunk`, for any width."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from archdsl.backends.torch import emit
from tests.backends.torch.interpreter import compiled, graph_of
from tests.backends.torch.test_statement_order import agree
from tests.backends.torch.test_torchscript import network

UNIT = """block unit(c) {
  split { | identity | conv(1x1, c) -> bn -> relu }
  channel_shuffle(2)
}
"""
BODIES = {
    "two": "conv(1x1, 8) -> split { | relu | conv(3x3, 4) }",
    "four": "conv(1x1, 8) -> split 4 { conv(3x3, 2) -> relu }",
    "in the other order": "v: conv(1x1, 8)\nconcat { | @v -> slice(4, 8) | @v -> slice(0, 4) }",
    "read again": "v: conv(1x1, 8) -> split { | relu | conv(3x3, 4) } -> add { | identity | @v }",
    "a drop path": "conv(1x1, 8) -> skip { split 2 { conv(3x3, 4) } -> drop_path(0.5) }",
    "branches of a join": """v: conv(1x1, 8)
      join(drop=0.5) { | @v -> slice(0, 4) -> relu | @v -> slice(4, 8) -> conv(3x3, 4) }""",
    "features": "avgpool(global) -> flatten -> linear(6) -> split { | relu | linear(3) }",
}
OTHERS = {
    "unequal": "v: conv(1x1, 8)\nconcat { | @v -> slice(0, 2) | @v -> slice(2, 8) }",
    "a part only": "v: conv(1x1, 8)\nconcat { | @v -> slice(0, 2) | @v -> slice(2, 4) }",
    "overlapping": """v: conv(1x1, 8)
      concat { | @v -> slice(0, 4) | @v -> slice(4, 8) | @v -> slice(0, 4) }""",
    "labelled": "v: conv(1x1, 8)\nconcat { | a: { @v -> slice(0, 4) } | @v -> slice(4, 8) }",
}


def text(body: str) -> str:
    return f"network net {{\n  input 3x8x8\n  {body}\n}}"


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_equal_pieces_are_chunks(body: str) -> None:
    graph = graph_of(text(body))
    source = emit(graph)
    assert len(re.findall(r"torch\.chunk\(.+, [24], 1\)", source)) == 1
    assert "narrow" not in source
    assert "Slice" not in source
    agree(graph)


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
@pytest.mark.parametrize("name", ["two", "four", "features"])
def test_recorders_take_chunks(name: str, tmp_path: Path) -> None:
    graph = graph_of(text(BODIES[name]))
    model = network(graph, tmp_path).eval()
    x = torch.randn(2, 3, 8, 8)
    for recorded in (torch.jit.script(model), torch.fx.symbolic_trace(model)):
        torch.testing.assert_close(recorded(x), model(x))


@pytest.mark.parametrize("body", OTHERS.values(), ids=OTHERS)
def test_other_pieces_are_cut_one_by_one(body: str) -> None:
    graph = graph_of(text(body))
    assert "chunk" not in emit(graph)
    agree(graph)


def test_units_of_several_widths_are_one_class_without_slices() -> None:
    graph = graph_of(UNIT + text("conv(3x3, 8) -> unit(4) -> conv(1x1, 16) -> unit(8)"))
    source = emit(graph)
    assert re.findall(r"^class (\w+)", source, re.MULTILINE) == ["Unit", "Net"]
    names = {name for name, _ in compiled(graph).named_modules()}
    assert not any("slice" in name for name in names)
    agree(graph)
