"""`archdsl sweep --solve … --for …` and `--emit`: variants within a budget, and their file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from archdsl.cli.main import main

# A 3x3 convolution from 8 channels to c has 72 c / groups weights, and 256 places.
NET = """block part(width, groups = 1) { conv(3x3, width, groups=groups, bias=false) }
let twice(x) = 2 * x

network net(c = 8, unit = part, act = relu, wide = true) {
    input 8x16x16 -> unit(c) -> act
    if wide { maxpool(2x2) }
    expect params <= 72 * 30
}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.arch").write_text(NET)


def rows(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    assert main(["sweep", *words, "--format", "json", "-q"]) == 0
    captured = capsys.readouterr()
    assert not captured.err
    found: list[dict[str, Any]] = json.loads(captured.out)
    return found


@pytest.mark.parametrize("most", [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 30])
def test_the_largest_value_within_a_bound_is_found(
    most: int, capsys: pytest.CaptureFixture[str]
) -> None:
    [row] = rows(capsys, "net.arch", "--solve", "c", "--for", f"params={72 * (most + 1) - 1}")
    assert (row["c"], row["params"]) == (str(most), 72 * most)


def test_the_numbers_of_the_resnext_paper_are_found(capsys: pytest.CaptureFixture[str]) -> None:
    """Table 2 of Xie et al. 2016: widths 64, 40, 24, 14, 4 of about equal complexity."""
    words = ["--set", "groups=4,8,32", "--solve", "base", "--for", "macs=4.3e9"]
    found = rows(capsys, "resnext50_32x4d", *words)
    assert [(row["groups"], row["base"]) for row in found] == [
        ("4", "24"),
        ("8", "14"),
        ("32", "4"),
    ]
    assert all(row["macs"] <= 4.3e9 for row in found)


def test_values_with_mistakes_count_as_the_next_smaller_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With 8 groups only multiples of 8 are valid, and a group costs 9 weights a channel."""
    words = ["net.arch", "--set", "groups=8", "--solve"]
    assert rows(capsys, *words, "c", "--for", "params=999")[0]["c"] == "104"
    assert rows(capsys, *words, "c=3..200", "--for", "params=999")[0]["c"] == "104"
    assert rows(capsys, *words, "c=3..50", "--for", "params=999")[0]["c"] == "48"
    assert rows(capsys, *words, "c=16..200/16", "--for", "params=999")[0]["c"] == "96"


def test_all_bounds_hold_and_a_row_without_a_value_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["net.arch", "--set", "groups=1,8", "--solve", "c=8..64/8", "--for", "params=150"]
    first, second = rows(capsys, *words, "--for", "activations=1e6")
    assert first["c"] is first["params"] is None
    assert first["problem"] == (
        "no value of `c` from 8 to 64 keeps params <= 150 and activations <= 1000000"
    )
    assert (second["c"], second["problem"]) == ("16", None)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--solve", "c"], 2, "--solve needs a bound: add --for"),
        (["--set", "c=1", "--for", "macs=1"], 2, "add --solve NAME"),
        (["--solve", "c", "--for", "mac=1"], 2, "there is no column 'mac'; did you mean `macs`?"),
        (["--solve", "c", "--for", "macs"], 2, "--for macs: write NAME=VALUE"),
        (["--solve", "c", "--for", "macs=true"], 2, "--for macs: write a number"),
        (["--solve", "c", "--for", "macs=1", "--for", "macs=2"], 2, "--for macs is given twice"),
        (["--solve", "c=9..1", "--for", "macs=1"], 2, "a range is FIRST..LAST/STEP"),
        (["--solve", "c=9", "--for", "macs=1"], 2, "a range is FIRST..LAST/STEP"),
        (["--solve", "c", "--set", "c=1", "--for", "macs=1"], 2, "--set gives this parameter"),
        (["--solve", "c", "--for", "macs=1"], 2, "no value of `c` from 1 to 1,048,576 keeps"),
        (["--solve", "cc", "--for", "macs=1"], 1, "did you mean `c`?"),
    ],
)
def test_a_search_that_cannot_be_made_is_one_message(
    words: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sweep", "net.arch", *words]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err


# ------------------------------------------------------------------ the file of the networks


def costs(capsys: pytest.CaptureFixture[str], file: str) -> list[int]:
    capsys.readouterr()
    assert main(["compare", file, "--columns", "params", "--format", "json"]) == 0
    return [row["params"] for row in json.loads(capsys.readouterr().out)]


@pytest.mark.parametrize(
    "words",
    [
        ["--set", "c=4,8"],
        ["--set", "c=8,16", "--set", "groups=4"],
        ["--set", "unit.groups=2,4"],
        ["--set", "unit=part,part(groups=twice(2))", "--set", "act=relu,leaky_relu(0.3)"],
        ["--set", "wide=true,false", "--set", "c=4 + 4,2 * 6"],
        ["--set", "groups=1,8", "--solve", "c", "--for", "params=999"],
        ["--set", "c=4..40/4", "--where", "params > 100"],
    ],
)
def test_the_chosen_rows_become_networks_with_the_same_costs(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    found = rows(capsys, "net.arch", *words, "--emit", "found.arch", "--columns", "params")
    fine = [row["params"] for row in found if row["problem"] is None]
    assert costs(capsys, "found.arch") == fine
    assert main(["fmt", "--check", "found.arch"]) == 0
    assert main(["check", "found.arch"]) == 0


def test_the_file_reads_as_written_by_hand(capsys: pytest.CaptureFixture[str]) -> None:
    rows(capsys, "resnext50_32x4d", "--set", "groups=1,32", "--emit", "found.arch")
    assert Path("found.arch").read_text() == (
        "# Variants of resnext50_32x4d that `archdsl sweep` found.\n"
        "from resnext import resnext50_32x4d, bottleneck\n\n"
        "network resnext50_32x4d_groups_1 = resnext50_32x4d(unit=bottleneck(groups=1, base=4))\n"
        "network resnext50_32x4d_groups_32 = resnext50_32x4d(unit=bottleneck(groups=32, base=4))\n"
    )


def test_names_differ_where_settings_look_alike(capsys: pytest.CaptureFixture[str]) -> None:
    rows(capsys, "net.arch", "--set", "c=4 + 4,4 * 4", "--emit", "found.arch")
    lines = Path("found.arch").read_text().splitlines()
    assert [line.split()[1] for line in lines if line.startswith("network")] == [
        "net_c_4_4",
        "net_c_4_4_v2",
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("net.arch --emit found.txt", "'found.txt' is no source: end the name in .arch"),
        ("net.arch --emit net.arch", "--emit: 'net.arch' exists: choose another name"),
        ("net.arch --emit there/found.arch", "write it into the same folder"),
        ("my-net.arch --emit found.arch", "a file called 'my-net.arch' cannot be imported"),
        ("net.arch --where c>99 --emit found.arch", "no variant without a problem is left"),
    ],
)
def test_a_file_that_cannot_be_written_is_one_message(
    words: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("my-net.arch").write_text(NET)
    Path("there").mkdir()
    try:
        code = main(["sweep", *words.split(), "--set", "c=4,8"])
    except SystemExit as ended:
        code = ended.code
    assert code == 2
    assert message in capsys.readouterr().err
    assert Path("net.arch").read_text() == NET
    assert not Path("found.arch").exists()
