"""`archdsl sweep`, as a user runs it."""

from __future__ import annotations

import csv
import gc
import json
import weakref
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from archdsl import driver
from archdsl.cli.main import main
from archdsl.ir import Graph

SEVERAL = """
block part(width, groups = 1) { conv(3x3, width, groups=groups, bias=false) }
network net(widths, unit = part) {
    input 4x8x8
    repeat width in widths { unit(width) }
}
network other = net([8])
"""
RESNETS = ["--set=unit=bottleneck", "--set=layers=[3,4,6,3]"]


@pytest.fixture
def several(tmp_path: Path) -> str:
    path = tmp_path / "several.arch"
    path.write_text(SEVERAL, "utf-8")
    return str(path)


def data(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert main(["sweep", *words, "--format", "json"]) == 0
    captured = capsys.readouterr()
    assert not captured.err
    return json.loads(captured.out)


def test_the_papers_resnexts_are_a_sweep(capsys: pytest.CaptureFixture[str]) -> None:
    """Table 3 of Xie et al. 2016: cardinality against width, at equal cost."""
    found = data(capsys, "resnet", *RESNETS, "--set", "groups=1,32", "--set", "base=4,64")
    params = {(each["groups"], each["base"]): each["params"] for each in found}
    assert params["1", "64"] == 25_557_032
    assert params["32", "4"] == 25_028_904


def test_every_combination_is_a_row_in_order(
    capsys: pytest.CaptureFixture[str], several: str
) -> None:
    words = ["--network", "net", "--set", "widths=[8],[4, 8]", "--set", "groups=1,2"]
    found = data(capsys, several, *words)
    assert [(each["widths"], each["groups"], each["params"]) for each in found] == [
        ("[8]", "1", 4 * 8 * 9),
        ("[8]", "2", 2 * 8 * 9),
        ("[4, 8]", "1", (16 + 32) * 9),
        ("[4, 8]", "2", (8 + 16) * 9),
    ]


def test_a_variant_with_a_mistake_is_a_row_that_says_so(
    capsys: pytest.CaptureFixture[str], several: str
) -> None:
    fine, wrong = data(capsys, several, "--network", "other", "--set", "groups=2,3")
    assert fine["params"] == 2 * 8 * 9
    assert fine["problem"] is None
    assert wrong["params"] is None
    assert wrong["problem"].startswith("A30")


def test_values_are_expressions_with_the_files_names(
    capsys: pytest.CaptureFixture[str], several: str
) -> None:
    words = ["--network", "other", "--set", "unit=part,part(groups=4)"]
    assert [each["params"] for each in data(capsys, several, *words)] == [288, 72]


def test_tables_show_problems_only_where_there_are_any(
    capsys: pytest.CaptureFixture[str], several: str
) -> None:
    words = ["sweep", several, "--network", "other"]
    assert main([*words, "--set", "groups=1,2"]) == 0
    assert "problem" not in capsys.readouterr().out
    assert main([*words, "--set", "groups=1,3", "--format", "md"]) == 0
    assert "problem" in capsys.readouterr().out


def test_csv_has_a_column_for_every_setting(
    capsys: pytest.CaptureFixture[str], several: str
) -> None:
    words = ["--network", "net", "--set", "widths=[8],[4, 8]", "--format", "csv"]
    assert main(["sweep", several, *words]) == 0
    rows = list(csv.DictReader(StringIO(capsys.readouterr().out)))
    assert [row["widths"] for row in rows] == ["[8]", "[4, 8]"]


def test_the_plot_marks_and_names_the_front(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "front.svg"
    # The paper's table 3 has models of equal cost; ours are points of that curve.
    words = ["--set", "groups=1,32", "--set", "base=4,64", "--plot", str(path)]
    assert main(["sweep", "resnet", *RESNETS, *words]) == 0
    capsys.readouterr()
    text = ElementTree.tostring(ElementTree.parse(path).getroot(), encoding="unicode")
    assert "groups=1, base=4" in text
    assert "Pareto" in text


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["other"], "nothing to vary"),
        (["other", "--set", "groups=range(9)", "--set", "groups=1"], "given twice"),
        (["other", "--set", "groups="], "write NAME=VALUE,VALUE,…"),
        (["other", "--set", "groups=1], [2"], "--set groups=1], [2: "),
        (["other", "--set", "groups=1][0"], "write NAME=VALUE,VALUE,…"),
        (["other", "--set", "groups=" + ",".join("1" * 101), "--set", "unit=" + "part," * 100],
         "10,100 variants are more than 10,000"),
        ([], "choose one network with --network: there are `net` and `other`"),
    ],
)  # fmt: skip
def test_a_sweep_that_cannot_be_made_is_wrong_usage(
    capsys: pytest.CaptureFixture[str], several: str, words: list[str], part: str
) -> None:
    chosen = ["--network", *words] if words else ["--set", "groups=1"]
    assert main(["sweep", several, *chosen]) == 2
    captured = capsys.readouterr()
    assert not captured.out
    assert part in captured.err


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--set", "groups=3,5"], "A30"),
        (["--set", "grups=1,2"], "did you mean `groups`"),
        (["--set", "groups=1", "--input", "right=3x8x8"], "has no input `right`"),
    ],
)
def test_a_sweep_without_a_single_network_is_a_finding(
    capsys: pytest.CaptureFixture[str], several: str, words: list[str], part: str
) -> None:
    assert main(["sweep", several, "--network", "other", *words]) == 1
    captured = capsys.readouterr()
    assert not captured.out
    assert captured.err.count("error[") == 1
    assert part in captured.err


def test_the_collector_is_left_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    assert gc.isenabled()
    assert main(["sweep", "resnet18", "--set", "classes=10,100"]) == 0
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_a_sweep_does_not_keep_its_graphs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of 200 variants, each with a budget of its own, few graphs are alive at any time."""
    met: list[weakref.ref[Graph]] = []
    alive: list[int] = []
    build = driver.Variants.build

    def counting(file: driver.Variants, request: driver.Request, of: Any) -> Any:
        def measured(graph: Graph) -> Any:
            met.append(weakref.ref(graph))
            alive.append(sum(each() is not None for each in met))
            return of(graph)

        return build(file, request, measured)

    monkeypatch.setattr(driver.Variants, "build", counting)
    words = ["sweep", "resnet18", "--set", "classes=" + ",".join(map(str, range(1, 201)))]
    assert main([*words, "--format", "csv", "--jobs", "1"]) == 0
    rows = list(csv.DictReader(StringIO(capsys.readouterr().out)))
    assert len(rows) == len(met) == 200
    assert not any(row["problem"] for row in rows)
    assert max(alive) <= 20


# ------------------------------------------------------------------ the choice of rows

WIDTHS = "network net(c = 8, g = 1) { input 4x8x8 -> conv(3x3, c, groups=g, bias=false) }\n"


@pytest.fixture
def widths(tmp_path: Path) -> str:
    path = tmp_path / "widths.arch"
    path.write_text(WIDTHS, "utf-8")
    return str(path)


def selected(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    assert main(["sweep", *words, "--format", "json", "-q"]) == 0
    captured = capsys.readouterr()
    assert not captured.err
    return [each["c"] for each in json.loads(captured.out)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("4..16/4", "4 8 12 16"),
        ("4..7/2,20", "4 6 20"),
        ("1..3", "1 2 3"),
        ("5..5", "5"),
    ],
)
def test_a_range_is_its_numbers(
    values: str, expected: str, widths: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert selected(capsys, widths, "--set", f"c={values}") == expected.split()


def test_where_keeps_rows_by_measures_and_parameters(
    widths: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A 3x3 convolution of 4 channels to c has 36 c weights, and 64 places."""
    words = (widths, "--set", "c=4..32/4")
    assert selected(capsys, *words, "--where", "params <= 36 * 12") == ["4", "8", "12"]
    assert selected(capsys, *words, "--where", "macs > 64 * 36 * 20 and c != 28") == ["24", "32"]
    where = ["--where", "rf == 3 and (c == 4 or max(c, 30) == 32)", "--columns", "params"]
    assert selected(capsys, *words, *where) == ["4", "32"]
    assert selected(capsys, *words, "--where", "c > 99") == []


def test_rows_without_a_number_are_left_out_and_sorted_last(
    widths: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = (widths, "--set", "c=4,6,8", "--set", "g=4")
    assert selected(capsys, *words, "--where", "params > 0") == ["4", "8"]
    assert selected(capsys, *words, "--sort=-params") == ["8", "4", "6"]
    assert selected(capsys, *words, "--sort", "c") == ["4", "6", "8"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--where=mac<4", "there is no column 'mac'; did you mean `macs`?"),
        ("--where=params+1", "write a condition, as in --where 'macs < 4e9'"),
        ("--where=params<", "--where params<: "),
        ("--where=open(c)", "there is no column 'open'"),
        ('--where=c<"a"', "--where: "),
        ("--sort=parms", "there is no column 'parms'; did you mean `params`?"),
        ("--set=g=8..4", "a range is FIRST..LAST/STEP"),
        ("--set=g=1..9/0", "a range is FIRST..LAST/STEP"),
        ("--set=g=1..9999999", "a range has at most 10,000 values"),
    ],
)
def test_a_choice_that_means_nothing_is_wrong_usage(
    words: str, message: str, widths: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sweep", widths, "--set", "c=4,8", words]) == 2
    captured = capsys.readouterr()
    assert not captured.out
    assert message in captured.err
