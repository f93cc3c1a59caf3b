"""`archdsl compare --results`: accuracies of the user's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from archdsl.cli.main import main

NETS = """network first(c = 8) { input 4x8x8 -> conv(3x3, c) }
network second = first(4)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("nets.arch").write_text(NETS)


def top1(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["compare", *words, "--columns", "top1", "--format", "json"]) == 0
    return {row["network"]: row["top1"] for row in json.loads(capsys.readouterr().out)}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("mine.csv", "network,note,top1\nsecond,x,61.5\nlenet5,,0\n"),
        ("mine.CSV", "\ufefftop1,network\r\n61.5,second\r\n0,lenet5\r\n"),
        ("mine.json", '{"second": 61.5, "lenet5": 0}'),
    ],
)
def test_results_are_shown_beside_published_ones(
    name: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(name).write_text(text, "utf-8")
    found = top1(capsys, "nets.arch", "lenet5", "vgg16", "--results", name)
    assert found == {"first": None, "second": 61.5, "lenet5": 0.0, "vgg16": 71.592}


def test_results_replace_published_ones_and_name_variants(
    capsys: pytest.CaptureFixture[str],
) -> None:
    variant = "nets.arch:first(c=4)"
    Path("mine.csv").write_text('network,top1\nvgg16,70\n"first(c = 4)",50\n')
    assert top1(capsys, "vgg16", variant, "--results", "mine.csv") == {
        "vgg16": 70.0,
        "first(c=4)": 50.0,
    }


@pytest.mark.parametrize(
    ("text", "published"), [("vgg16,70\nsecond,50", False), ("second,50", True)]
)
def test_the_chart_names_the_sources(text: str, published: bool) -> None:
    Path("mine.csv").write_text(f"network,top1\n{text}\n")
    words = ["compare", "nets.arch:second", "vgg16", "--results", "mine.csv", "--plot", "c.svg"]
    assert main(words) == 0
    chart = Path("c.svg").read_text("utf-8")
    assert "mine.csv" in chart
    assert ("IMAGENET1K_V1" in chart) == published


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("r.csv", "network,top1\nfrist,1\n", "r.csv:2: 'frist' is not compared; did you mean"),
        ("r.csv", "network,top1\nfirst,101\n", "r.csv:2: '101' is no accuracy"),
        ("r.csv", "network,top1\nfirst,nan\n", "r.csv:2: 'nan' is no accuracy"),
        ("r.csv", "network,top1\nfirst\n", "r.csv:2: 'None' is no accuracy"),
        ("r.csv", "network,top1\nfirst,1\nfirst,2\n", "r.csv:3: 'first' has a number already"),
        ("r.csv", "name,top1\nfirst,1\n", "r.csv:1: there is no column `network`"),
        ("r.csv", "", "r.csv:1: there is no column `network`"),
        ("r.csv", 'network,top1\n"first,1\n', "r.csv is not CSV: unexpected end of data"),
        ("r.csv", "\0\1\2", "r.csv"),
        ("r.json", "[1]", "r.json: write an object"),
        ("r.json", '{"first": true}', "r.json: 'True' is no accuracy"),
        ("r.json", '{"first": 1e999}', "r.json: 'inf' is no accuracy"),
        ("r.json", '{"first": [1]}', "r.json: '[1]' is no accuracy"),
        ("r.json", "{" * 100_000, "r.json is not JSON: "),
        ("r.json", "[" * 100_000, "r.json is not JSON: nested too deeply"),
        ("r.txt", "first 1", "--results 'r.txt': end the name in `.csv` or `.json`"),
    ],
)
def test_a_bad_file_is_one_message(
    name: str, text: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(name).write_text(text)
    assert main(["compare", "nets.arch", "--results", name]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith(f"archdsl: {message}")
    assert output.err.count("\n") == 1


def test_a_file_that_is_missing_or_binary_is_one_message(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["compare", "nets.arch", "--results", "none.csv"]) == 2
    assert capsys.readouterr().err.startswith("archdsl: cannot read 'none.csv': ")
    Path("b.csv").write_bytes(b"\xff\xfe\x00")
    assert main(["compare", "nets.arch", "--results", "b.csv"]) == 2
    assert capsys.readouterr().err.startswith("archdsl: cannot read 'b.csv': ")
