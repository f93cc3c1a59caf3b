"""Features as functions of snapshots: places, broken texts, any edit."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lsprotocol import types as lsp

from archdsl.diagnostics import Source
from archdsl.server import features
from archdsl.server.positions import offset_at, position_at
from archdsl.server.snapshot import Snapshot, read

TEXT = """# A 🙂 network.
block unit(width) { conv(3x3, width) -> relu }
network net {
    input 3x16x16
    unit(8)
    unit(16)
    avgpool(global) -> flatten -> fc: linear(10)
}
"""
NONE: Mapping[str, str] = {}
WHOLE = lsp.Range(lsp.Position(0, 0), lsp.Position(99, 0))


def snapshot(text: str, before: Snapshot | None = None) -> Snapshot:
    return read("net.arch", text, NONE, before)


def labels(made: Snapshot) -> dict[int, str]:
    return {hint.position.line: str(hint.label) for hint in features.hints(made, WHOLE)}


@settings(max_examples=60)
@given(st.text("a🙂é\n\r", max_size=30), st.data())
def test_places_are_counted_as_editors_count_them(text: str, data: st.DataObject) -> None:
    source = Source("x", text)
    offset = data.draw(st.integers(0, len(text)))
    position = position_at(source, offset)
    line = text[:offset].rpartition("\n")[2]
    assert position.character == len(line.encode("utf-16-le")) // 2
    if text[offset - 1 : offset] != "\r":
        assert offset_at(source, position) == offset


def test_lines_of_a_block_show_their_first_and_last_shape() -> None:
    found = labels(snapshot(TEXT))
    assert found[1] == "8×16×16 … 16×16×16"
    assert found[3] == "3×16×16"
    assert found[6] == "10"


def test_a_broken_text_keeps_the_shapes_of_lines_that_have_not_changed() -> None:
    good = snapshot(TEXT)
    broken = snapshot(TEXT.replace("    unit(16)\n", "    unit(\n    unit(16\n"), good)
    assert {each.severity for each in broken.found} == {"error"}
    found = labels(broken)
    assert found == {1: "8×16×16 … 16×16×16", 3: "3×16×16", 4: "8×16×16", 7: "10"}
    assert labels(snapshot(TEXT, broken)) == labels(good)


def test_a_text_in_the_editor_counts_instead_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "parts.arch").write_text("block part(n) { conv(3x3, n) }\n", "utf-8")
    name = str(tmp_path / "net.arch")
    text = "from parts import part\nnetwork net { input 3x8x8 -> part(4) }\n"
    assert read(name, text, NONE).found == ()
    opened = {str(tmp_path / "parts.arch"): "block other(n) { conv(3x3, n) }\n"}
    assert [each.code for each in read(name, text, opened).found] != []


@pytest.mark.parametrize("seed", range(4))
def test_any_edit_is_answered(seed: int) -> None:
    rng = random.Random(seed)
    text, made = TEXT, snapshot(TEXT)
    for _ in range(12):
        start = rng.randint(0, len(text))
        new = rng.choice(["", "{", "}", "conv(", "\n", "🙂", "unit", "-> ", "\0", "@", "3x3"])
        text = text[:start] + new + text[min(len(text), start + rng.choice([0, 1, 9])) :]
        made = snapshot(text, made)
        fresh = snapshot(text)
        assert features.diagnostics(made) == features.diagnostics(fresh)
        for _ in range(3):
            place = position_at(made.source, rng.randint(0, len(text)))
            features.hover(made, place, NONE)
            features.completion(made, place, NONE)
            features.definition(made, place, NONE)
        features.symbols(made)
        features.formatting(made)
        features.actions(made, WHOLE, "file:///net.arch")
        features.hints(made, WHOLE)
