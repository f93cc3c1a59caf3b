"""The formats of what commands print: JSON by its schema, and tables by the one writer."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from archdsl.cli.main import main
from archdsl.cli.parser import COMMANDS
from archdsl.resources import PACKAGE

NET = """# A network (Somebody 2020)
network net(c = 4) { input 3x16x16 -> conv(3x3, c, pad=0) -> relu -> maxpool(2x2) }
network sound { input 1x64 -> conv(9, 4) -> relu }
network film { input 3x4x16x16 -> conv(3x3x3, 4) -> relu }
"""
BAD = """block part(width) { conv(3x3, width, strid=2) }
network bad { input 3x8x8 -> part(4) -> conv(3x3 4) }
"""
WITHOUT = {"new", "fmt", "render", "pack", "unpack", "lsp", "completion", "help"}
COMMAND_LINES = (
    "check net.arch bad.arch",
    "check typo.arch",
    "summary net.arch",
    "summary net.arch --network sound --dtype fp64 --convention thop",
    "memory net.arch",
    "memory net.arch --network net --batch 1,2 --density 0.5",
    "compare net.arch lenet5",
    "compare net.arch --columns params,top1",
    "sweep net.arch --network net --set c=4,0",
    "sweep net.arch --network net --set c=4 --columns rf,live,saved,largest",
    "diff net.arch:net net.arch:net(c=8)",
    "diff net.arch:net net.arch:sound",
    "zoo lenet5",
    "profile net.arch --device a100 --network net",
    "profile net.arch --device a100",
    "profile --list-devices",
    "compile net.arch --network net --explain-passes",
    "explain",
    "explain A301",
    "doctor",
)
TABLES = (
    "summary net.arch --network net --columns params,macs,intensity,rf",
    "memory net.arch --network net --batch 1,32",
    "memory net.arch --network net --ops",
    "compare net.arch:net",
    "sweep net.arch --network net --set c=4,8",
    "zoo lenet5",
    "profile net.arch --device a100 --network net",
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.arch").write_text(NET)
    Path("bad.arch").write_text(BAD)
    Path("typo.arch").write_text(BAD.replace("3x3 4", "3x3, 4"))


def printed(capsys: pytest.CaptureFixture[str], command: str, style: str) -> str:
    main([*command.split(), "--format", style])
    return capsys.readouterr().out.rstrip("\n")


def closed(schema: Any) -> Any:
    """A schema that allows no keys except those that it describes."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: closed(value) for key, value in schema.items()}
    if "properties" in found and found.get("type") == "object":
        found.setdefault("additionalProperties", False)
    return found


@pytest.mark.parametrize("command", COMMAND_LINES)
def test_json_is_what_its_schema_describes(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    name = command.split()[0]
    schema = json.loads((PACKAGE / "schemas" / f"{name}.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["title"] == f"archdsl {name} --format json"
    jsonschema.validate(json.loads(printed(capsys, command, "json")), closed(schema))


def test_every_command_that_prints_facts_has_a_schema() -> None:
    known = {path.name.split(".")[0] for path in (PACKAGE / "schemas").iterdir()}
    assert {line.split()[0] for line in COMMAND_LINES} == known == COMMANDS.keys() - WITHOUT


@pytest.mark.parametrize("command", TABLES)
def test_all_formats_of_a_table_have_the_same_cells(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    markdown = printed(capsys, command, "md").splitlines()
    cells = [
        [cell.strip(" *").replace("&nbsp;", "") for cell in line.strip("|").split(" | ")]
        for line in markdown
        if line.startswith("| ")
    ]
    latex = printed(capsys, command, "latex").splitlines()
    rows = [line.removesuffix(r" \\") for line in latex if line.endswith(r" \\")]
    assert [[plain(cell).strip() for cell in row.split(" & ")] for row in rows] == cells
    tables = sum(line == r"\bottomrule" for line in latex)
    assert tables == sum(line.startswith("|--") for line in markdown)
    records = list(csv.reader(StringIO(printed(capsys, command, "csv"))))
    assert len({len(record) for record in records}) == 1
    assert len(records) > 1


def plain(cell: str) -> str:
    """The text of a cell of LaTeX."""
    for mark, text in ((r"\quad ", ""), (r"\%", "%"), (r"\textmu{}", "µ"), (r"\dots{}", "…")):
        cell = cell.replace(mark, text)
    return cell


def test_latex_escapes_what_it_would_read(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a_b.arch").write_text("network a_b { input 3x8x8 -> conv(3x3, 4, pad=0) }\n")
    latex = printed(capsys, "compare a_b.arch --columns params", "latex").splitlines()
    assert latex == [
        r"% \usepackage{booktabs}",
        r"\begin{tabular}{llr}",
        r"\toprule",
        r"network & input & parameters \\",
        r"\midrule",
        r"a\_b & 3x8x8 & 112 \\",
        r"\bottomrule",
        r"\end{tabular}",
    ]


def test_memory_in_bytes_by_batch_and_by_op(capsys: pytest.CaptureFixture[str]) -> None:
    """A 3x3 convolution to 4 channels on 16x16 without padding: 112 parameters, 4x14x14 values."""
    text = printed(capsys, "memory net.arch --network net --batch 1,2", "csv")
    first, second = csv.DictReader(StringIO(text))
    assert (first["batch"], second["batch"]) == ("1", "2")
    assert first["parameters"] == second["parameters"] == str(112 * 4)
    assert int(second["outputs"]) == 2 * int(first["outputs"]) == 2 * 4 * (2 * 784 + 196)
    ops = list(csv.DictReader(StringIO(printed(capsys, "memory net.arch --ops", "csv"))))
    assert [each["network"] for each in ops] == [*["net"] * 3, *["sound"] * 2, *["film"] * 2]
    assert (ops[0]["out"], ops[0]["output"]) == ("4x14x14", str(4 * 784))


def test_the_receptive_field_is_a_column_of_the_summary(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Of VGG-16: 2 pixels more for each convolution, times the stride of the pools before it."""
    text = printed(capsys, "summary vgg16 --columns rf", "csv")
    rows = [row for row in csv.DictReader(StringIO(text)) if row["op"].startswith("maxpool")]
    assert [row["rf"] for row in rows] == ["6", "16", "44", "100", "212"]
    assert printed(capsys, "summary vgg16 --columns rf --depth 1", "table").split()[-1] == "212"


def test_a_field_with_two_sides_and_none(capsys: pytest.CaptureFixture[str]) -> None:
    Path("sides.arch").write_text(
        "network sides { input 3x8x8 -> conv(3x1, 4) -> avgpool(global) -> flatten }\n"
    )
    text = printed(capsys, "summary sides.arch --columns rf", "csv")
    assert [row["rf"] for row in csv.DictReader(StringIO(text))] == ["3x1", "", ""]


def test_a_run_of_equal_parts_shows_the_field_of_its_last(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("run.arch").write_text(
        "block unit { conv(3x3, 4) -> relu }\nnetwork run { input 4x32x32 -> repeat 3 { unit } }\n"
    )
    text = printed(capsys, "summary run.arch --columns rf", "table")
    [line] = [line for line in text.splitlines() if "unit x3" in line]
    assert line.split()[-1] == "7"


def test_a_kind_of_op_has_no_field(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["summary", "net.arch", "--by-kind", "--columns", "params,rf"]) == 2
    assert "--by-kind" in capsys.readouterr().err


def test_code_is_no_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", "net.arch", "--format", "json"]) == 2
    assert "only --explain-passes prints facts here" in capsys.readouterr().err
    assert not Path("generated").exists()
