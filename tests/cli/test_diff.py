"""`archdsl diff`, as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from archdsl.cli.main import main

OLD = "network net { input 3x8x8 -> a: conv(3x3, 4) -> bn -> relu -> flatten -> fc: linear(10) }\n"


def diff(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = main(["diff", *words])
    captured = capsys.readouterr()
    assert not captured.err
    return code, captured.out


def data(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    return json.loads(diff(capsys, *words, "--format", "json")[1])


@pytest.fixture
def old(tmp_path: Path) -> str:
    path = tmp_path / "old.arch"
    path.write_text(OLD, "utf-8")
    return str(path)


def changed(old: str, *words: str) -> str:
    """The same file with words replaced."""
    text = OLD
    for word in words:
        before, after = word.split("/")
        assert before in text
        text = text.replace(before, after)
    path = Path(old).with_name("new.arch")
    path.write_text(text, "utf-8")
    return str(path)


def test_equal_networks_are_the_same(capsys: pytest.CaptureFixture[str], old: str) -> None:
    code, text = diff(capsys, old, changed(old, "network net/network renamed"))
    assert code == 0
    assert text == "net and renamed are the same\n"
    assert diff(capsys, "resnext50_32x4d", "resnet50(groups=32, base=4)")[0] == 0


def test_a_larger_layer_is_told_with_its_cost_and_weights(
    capsys: pytest.CaptureFixture[str], old: str
) -> None:
    code, text = diff(capsys, old, changed(old, "linear(10)/linear(12)"))
    assert code == 1
    lines = text.splitlines()
    assert lines[:2] == ["--- old.arch:net", "+++ new.arch:net"]
    assert "  ~ fc: linear(10) -> linear(12); 10 -> 12" in lines
    assert "weights: 7 load, 2 have another shape" in lines
    assert "  ~ fc.weight: 10x256 -> 12x256" in lines
    assert any("+514 (+19.1%)" in line for line in lines)  # 2 x 257 of 2,690 parameters


def test_a_renamed_layer_loses_its_weights(capsys: pytest.CaptureFixture[str], old: str) -> None:
    code, text = diff(capsys, old, changed(old, "a: conv/b: conv"))
    assert code == 1
    assert "cost" not in text
    assert "weights: 7 load, 2 are missing, 2 are not expected" in text.splitlines()
    assert "  + b (2 tensors)" in text.splitlines()
    assert "  - a (2 tensors)" in text.splitlines()


def test_weights_may_load_though_the_network_differs(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = diff(capsys, "resnet50", "resnet50_v1")
    assert code == 1
    assert "weights: all load" not in text  # nothing is said of what is well
    assert "weights" not in text
    found = data(capsys, "resnet50", "resnet50_v1")["weights"]
    assert found == {"fitting": 320, "missing": {}, "unexpected": {}, "reshaped": {}}


def test_parts_that_are_new_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    _, text = diff(capsys, "resnet50", "resnet101")
    assert "  + layer3.6 … layer3.22 (17 x 11 layers)" in text.splitlines()
    assert "  + layer3.6 … layer3.22 (17 x 15 tensors)" in text.splitlines()
    assert "  ~ layer4.0.conv1: reads layer3.5.relu3 -> layer3.22.relu3" in text.splitlines()


def test_json_has_everything(capsys: pytest.CaptureFixture[str], old: str) -> None:
    found = data(capsys, old, changed(old, "a: conv(3x3, 4)/a: conv(5x5, 4)"))
    assert found["before"]["macs"] == 64 * 3 * 9 * 4 + 2560
    assert found["after"]["macs"] == 64 * 3 * 25 * 4 + 2560
    assert found["same"] is False
    assert found["layers"] == [
        {
            "path": "a",
            "before": {"op": "conv(3x3, 4)", "out": "4x8x8", "reads": ["input"]},
            "after": {"op": "conv(5x5, 4)", "out": "4x8x8", "reads": ["input"]},
        }
    ]
    assert found["weights"]["reshaped"] == {"a.weight": [[4, 3, 3, 3], [4, 3, 5, 5]]}


def test_one_network_is_needed_on_each_side(capsys: pytest.CaptureFixture[str], old: str) -> None:
    several = Path(old).with_name("several.arch")
    several.write_text(OLD + OLD.replace("network net", "network other"), "utf-8")
    assert main(["diff", old, str(several)]) == 2
    captured = capsys.readouterr()
    assert not captured.out
    assert "choose one" in captured.err
    assert diff(capsys, old, f"{several}:other")[0] == 0


def test_a_mistake_in_one_of_them_is_a_finding(
    capsys: pytest.CaptureFixture[str], old: str
) -> None:
    assert main(["diff", old, changed(old, "conv/convv")]) == 1
    captured = capsys.readouterr()
    assert not captured.out
    assert "did you mean `conv`" in captured.err
