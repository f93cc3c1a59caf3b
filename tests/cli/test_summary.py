"""`archdsl summary`, as a user runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from archdsl.analyses.cost import costs
from archdsl.analyses.receptive_field import receptive_fields
from archdsl.backends.report.columns import BY_DTYPE, WORDS, Figures, columns_of
from archdsl.cli.main import main
from tests.architectures.shipped import graph_of

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "archdsl/schemas/summary.schema.json").read_text("utf-8")
)
TWO = """
network first { input 3x8x8 -> conv(3x3, 4) -> relu }
network second(n) { input 3x8x8 -> conv(3x3, n) }
network third = second(6)
"""
SEES = """
network sees { input 3x8x8 -> conv(3x1, 4, /2x1) -> upsample(3) -> avgpool(global) }
"""


@pytest.fixture
def two(tmp_path: Path) -> str:
    path = tmp_path / "two.arch"
    path.write_text(TWO, "utf-8")
    return str(path)


def output(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["summary", *words]) == 0
    captured = capsys.readouterr()
    assert not captured.err
    return captured.out


def data(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    found = json.loads(output(capsys, *words, "--format", "json"))
    jsonschema.validate(found, SCHEMA)
    return found


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("missing", ["schema_version", "network", "input", "rows", "totals"])
def test_the_schema_asks_for_every_key(
    capsys: pytest.CaptureFixture[str], two: str, missing: str
) -> None:
    found = data(capsys, two, "--network", "first")
    del found[missing]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found, SCHEMA)


def test_all_complete_networks_are_a_list(capsys: pytest.CaptureFixture[str], two: str) -> None:
    assert [each["network"] for each in data(capsys, two)] == ["first", "third"]


def test_one_network_is_an_object(capsys: pytest.CaptureFixture[str], two: str) -> None:
    found = data(capsys, two, "--network", "third")
    assert found["totals"]["params"] == 3 * 6 * 9 + 6
    assert found["totals"]["macs"] == 3 * 6 * 9 * 64


def test_parameters_and_inputs_come_from_options(
    capsys: pytest.CaptureFixture[str], two: str
) -> None:
    words = (two, "--network", "second", "--set", "n=2 * 5", "--input", "3x4x6")
    found = data(capsys, *words)
    assert found["input"] == [3, 4, 6]
    assert found["rows"][0]["out"] == [10, 4, 6]


def test_a_shipped_network_is_known_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    found = data(capsys, "resnet50")
    assert found["totals"]["params"] == 25_557_032
    assert found["rows"][0]["path"] == "conv1"


def test_totals_tell_what_only_training_reads(capsys: pytest.CaptureFixture[str]) -> None:
    totals = data(capsys, "googlenet")["totals"]
    assert totals["params"] == 13_378_280  # the reference's, with its two heads
    assert totals["params_inference"] == 6_998_552
    assert totals["macs"] == 1_582_671_872


def test_rows_tell_what_they_see_of_the_input(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "sees.arch"
    path.write_text(SEES, "utf-8")
    found = data(capsys, str(path))
    seen = [(row["rf"], row["rf_stride"], row["rf_padding"]) for row in found["rows"]]
    assert seen[0] == ([3, 1], [2, 1], [1, 0])
    assert seen[1] == ([3, 1], ["2/3", "1/3"], ["7/3", "2/3"])  # what covers all three units
    assert seen[2] == (None, None, None)
    assert [row["rf_whole"] for row in found["rows"]] == [False, False, True]
    totals = found["totals"]
    assert (totals["rf"], totals["rf_stride"], totals["rf_padding"]) == seen[1]


@pytest.mark.parametrize("style", ["table", "md"])
def test_what_people_read_has_both_totals(capsys: pytest.CaptureFixture[str], style: str) -> None:
    *_, total, evaluation = output(capsys, "googlenet", "--format", style).splitlines()
    assert "total" in total
    assert "13,378,280" in total
    assert "in evaluation" in evaluation
    assert "6,998,552" in evaluation


@pytest.mark.parametrize("style", ["table", "csv", "md"])
def test_every_format_shows_every_network(
    capsys: pytest.CaptureFixture[str], two: str, style: str
) -> None:
    text = output(capsys, two, "--format", style)
    assert text.count("first") == (2 if style == "csv" else 1)
    assert "third" in text
    assert "second" not in text


def test_depth_limits_the_levels(capsys: pytest.CaptureFixture[str]) -> None:
    text = output(capsys, "resnet50", "--depth", "1", "--format", "csv")
    assert not any("." in line.split(",")[1] for line in text.splitlines()[1:])


@pytest.mark.parametrize("style", ["table", "json", "csv", "md"])
def test_a_mistake_leaves_nothing_on_standard_output(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, style: str
) -> None:
    path = tmp_path / "bad.arch"
    path.write_text(TWO + "network worse { input 3x8x8 -> convv(3x3, 4) }\n", "utf-8")
    assert main(["summary", str(path), "--format", style]) == 1
    captured = capsys.readouterr()
    assert not captured.out
    assert "A201" in captured.err
    assert "did you mean `conv`" in captured.err


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--set", "n"], "write NAME=VALUE"),
        (["--set", "n=1", "--set", "n=2"], "given twice"),
        (["--set", "n=1 +"], "--set n=1 +: "),
        (["--input", "3x8x8x8x8"], "write CHANNELSxHEIGHTxWIDTH"),
        (["--input", "0x8x8"], "write CHANNELSxHEIGHTxWIDTH"),
        (["--input", "3x8x8", "--input", "3x9x9"], "given twice"),
    ],
)
def test_an_option_that_cannot_be_read_is_wrong_usage(
    capsys: pytest.CaptureFixture[str], two: str, words: list[str], part: str
) -> None:
    assert main(["summary", two, "--network", "second", *words]) == 2
    captured = capsys.readouterr()
    assert not captured.out
    assert part in captured.err
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize("depth", ["0", "-1", "x", "9" * 5000, "²"])
def test_a_depth_is_a_number_from_one(two: str, depth: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["summary", two, f"--depth={depth}"])
    assert ended.value.code == 2


def test_a_file_without_a_complete_network_says_how_to_complete_one(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "open.arch"
    path.write_text("network open(n) { input 3x8x8 -> conv(3x3, n) }\n", "utf-8")
    assert main(["summary", str(path)]) == 2
    assert "--set NAME=VALUE" in capsys.readouterr().err


@pytest.mark.parametrize("style", ["json", "csv", "md"])
def test_only_the_table_needs_rich(two: str, style: str) -> None:
    code = (
        "import sys; from archdsl.cli.main import main;"
        f"main(['summary', {two!r}, '--format', {style!r}]);"
        "print([m for m in ('rich', 'torch', 'jinja2') if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


# ------------------------------------------------------------------ columns, kinds, conventions


def test_columns_are_chosen_by_name(capsys: pytest.CaptureFixture[str], two: str) -> None:
    words = (
        two,
        "--network",
        "first",
        "--columns",
        "flops,bytes_read,intensity",
        "--dtype",
        "bf16",
    )
    head, conv, relu = output(capsys, *words, "--format", "csv").splitlines()
    flops, read, written = 2 * 3 * 4 * 9 * 64, 2 * (3 * 64 + 4 * 27 + 4), 2 * 4 * 64
    assert head == "network,path,op,times,out,flops,bytes_read,intensity"
    assert conv.endswith(f",4x8x8,{flops},{read},{flops / (read + written)}")
    assert relu.endswith(f",4x8x8,0,{2 * 4 * 64},0.0")


def test_an_unknown_column_is_told(capsys: pytest.CaptureFixture[str], two: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["summary", two, "--columns", "params,flop"])
    assert stopped.value.code == 2
    assert "did you mean `flops`?" in capsys.readouterr().err


def test_by_kind_has_a_line_for_each_kind(capsys: pytest.CaptureFixture[str], two: str) -> None:
    words = (two, "--network", "first", "--by-kind", "--format", "csv")
    assert output(capsys, *words).splitlines()[1:] == [
        f"first,conv,1 op,1,,{3 * 4 * 9 + 4},{3 * 4 * 9 * 64}",
        "first,activation,1 op,1,,0,0",
    ]


def test_json_splits_the_totals_by_kind(capsys: pytest.CaptureFixture[str]) -> None:
    found = data(capsys, "resnet18")
    for key in ("params", "macs", "flops", "bytes_read", "bytes_written"):
        whole = found["totals"][key]
        assert whole == sum(kind[key] for kind in found["by_kind"].values())
        assert whole == sum(row[key] for row in found["rows"])
    assert found["by_kind"]["conv"]["ops"] == 20


def test_a_convention_is_a_column_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    found = data(capsys, "resnet18", "--convention", "fvcore")
    assert found["convention"] == {"name": "fvcore", "unit": "flops"}
    assert found["totals"]["counted"] == 1_819_065_856
    text = output(capsys, "resnet18", "--convention", "thop", "--depth", "1")
    assert "thop macs" in text
    assert "1,824,033,792" in text  # as of the package itself: every activation is a module


@pytest.mark.parametrize(("text", "advice"), [("224", "--input 3x224x224"), ("64", "3x64x64")])
def test_a_size_of_one_number_for_an_image_is_answered_with_three(
    capsys: pytest.CaptureFixture[str], two: str, text: str, advice: str
) -> None:
    assert main(["summary", two, "--network", "first", "--input", text]) == 1
    assert advice in capsys.readouterr().err


def test_a_table_longer_than_anybody_reads_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "long.arch"
    path.write_text("network long {\n    input 3x8x8\n    dense 5_001 { conv(1x1, 1) }\n}\n")
    assert main(["summary", str(path)]) == 2
    written = capsys.readouterr()
    assert written.out == ""
    assert "10,002 rows are too many for a table" in written.err
    assert "`--format csv`" in written.err
    assert main(["summary", str(path), "--format", "csv"]) == 0
    assert capsys.readouterr().out.count("conv") > 10_000


@pytest.mark.parametrize("options", [[], ["--by-kind"], ["--columns", "flops"]])
def test_a_type_changes_what_is_shown_or_is_refused(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["summary", "lenet5", *options, "--format", "csv"]
    assert main([*words, "--dtype", "fp16"]) == 2
    assert "--dtype changes only `bytes_read`, " in capsys.readouterr().err
    for column in BY_DTYPE:
        shown = []
        for dtype in ("fp16", "fp32"):
            assert main([*words, "--columns", column, "--dtype", dtype]) == 0
            shown.append(capsys.readouterr().out)
        assert shown[0] != shown[1]


@pytest.mark.parametrize("column", sorted({*WORDS} - {*BY_DTYPE}))
def test_other_columns_do_not_depend_on_the_type(column: str) -> None:
    graph = graph_of("lenet5")
    fields = receptive_fields(graph)
    parts = [Figures(cost, fields.get(number)) for number, cost in costs(graph).items()]
    narrow, wide = columns_of(2)[column], columns_of(4)[column]
    assert [narrow.of(part) for part in parts] == [wide.of(part) for part in parts]
