"""The summary's rows and lines: what is counted, what is gathered, how it is written."""

from __future__ import annotations

import csv
import json
import re
from io import StringIO

import pytest

from archdsl import driver
from archdsl.analyses.cost import costs
from archdsl.backends.report.module_tree import ModuleTree, module_tree
from archdsl.backends.report.summary import Summary, SummaryOptions, summarise
from archdsl.backends.report.summary_formats import as_csv, as_data, as_json, as_markdown
from archdsl.backends.report.terminal_table import as_table
from archdsl.diagnostics import Sink, Source
from archdsl.elaboration.modules import Library
from archdsl.ir import Graph

RESIDUAL = """
block unit(n) {
    skip { conv1: conv(3x3, n) -> bn1: bn -> relu }
    relu
}

network net {
    input 3x8x8
    stem: conv(3x3, 4)
    stage: repeat 4 { unit(4) }
    flatten
    fc: linear(2)
}
"""


def graph_of(text: str) -> Graph:
    sink = Sink()
    library = Library(lambda name, importer: None)
    graphs = driver.graphs(Source("net.arch", text), library, sink, driver.Request())
    assert not sink.found, sink.found
    return graphs[-1]


def summary(text: str, depth: int | None = None) -> Summary:
    return summarise(graph_of(text), SummaryOptions(depth))


def body(text: str, inputs: str = "3x8x8") -> str:
    return f"network net {{\n    input {inputs}\n{text}\n}}\n"


def written(made: Summary) -> list[str]:
    return [f"{'  ' * line.level}{line.name}: {line.op} x{line.times}" for line in made.lines]


def test_equal_blocks_in_a_row_are_one_line_with_their_number() -> None:
    assert written(summary(RESIDUAL)) == [
        "stem: conv(3x3, 4) x1",
        "stage: repeat x1",
        "  0 … 3: unit x4",
        "    conv1: conv(3x3, 4) x1",
        "    bn1: bn x1",
        "    relu1: relu x1",
        "    add1: add x1",
        "    relu2: relu x1",
        "flatten1: flatten x1",
        "fc: linear(2) x1",
    ]


def test_a_first_iteration_that_differs_stands_alone() -> None:
    made = summary(body("    stage: repeat 3 { conv(3x3, 8) }"))
    assert written(made) == ["stage: repeat x1", "  0: conv(3x3, 8) x1", "  1 … 2: conv(3x3, 8) x2"]


def test_equal_ops_that_cost_different_amounts_are_not_gathered() -> None:
    made = summary(body("    conv(1x1, 8) -> conv(1x1, 8) -> conv(1x1, 8)"))
    assert [line.times for line in made.lines] == [1, 2]
    assert [line.figures.cost.params for line in made.lines] == [32, 72]


def test_iterations_without_a_level_of_their_own_are_gathered() -> None:
    made = summary(body("    repeat 3 { conv(3x3, 3) -> relu }"))
    assert written(made) == [
        "conv1 … relu3: repeat x3",
        "  conv1: conv(3x3, 3) x1",
        "  relu1: relu x1",
    ]


def test_a_repeat_of_one_op_is_a_run_of_it() -> None:
    assert written(summary(body("    repeat 3 { relu }"))) == ["relu1 … relu3: relu x3"]


def test_what_differs_inside_is_not_gathered() -> None:
    made = summary(
        body("    repeat i in range(3) { conv(3x3, 3, groups=1 if i < 2 else 3) -> bn }")
    )
    assert [(line.name, line.times) for line in made.lines if line.level == 0] == [
        ("conv1 … bn2", 2),
        ("conv3", 1),
        ("bn3", 1),
    ]


def test_depth_limits_the_lines_and_not_the_rows() -> None:
    shallow, full = summary(RESIDUAL, 1), summary(RESIDUAL)
    assert [line.name for line in shallow.lines] == ["stem", "stage", "flatten1", "fc"]
    assert shallow.rows == full.rows
    assert shallow.total == full.total


@pytest.mark.parametrize("text", [RESIDUAL, body("    repeat 3 { conv(3x3, 3) -> relu }")])
def test_every_parent_costs_what_its_children_do(text: str) -> None:
    def check(each: ModuleTree) -> None:
        if each.children:
            assert each.cost.params == sum(c.times * c.cost.params for c in each.children)
            assert each.cost.macs == sum(c.times * c.cost.macs for c in each.children)
        for child in each.children:
            check(child)

    graph = graph_of(text)
    for each in module_tree(graph, costs(graph)):
        check(each)
    total = sum(each.times * each.cost.params for each in module_tree(graph, costs(graph)))
    assert (
        total
        == summarise(graph).total.params
        == sum(row.cost.params for row in summarise(graph).rows)
    )


def test_rows_are_all_ops_in_order_with_their_paths() -> None:
    made = summary(RESIDUAL)
    assert len(made.rows) == 1 + 4 * 5 + 2
    assert [row.path for row in made.rows[:3]] == ["stem", "stage.0.conv1", "stage.0.bn1"]
    assert made.rows[0].cost.params == 3 * 4 * 9 + 4
    assert made.rows[0].cost.macs == 3 * 4 * 9 * 64


def test_json_says_what_the_rows_say() -> None:
    data = json.loads(as_json([summary(body("    c: conv(1x1, 2)"))]))
    read, written = 4 * (3 * 64 + 8), 4 * 2 * 64
    costs = {"params": 8, "macs": 384, "flops": 768, "bytes_read": read, "bytes_written": written}
    field = {"rf": [1, 1], "rf_stride": [1, 1], "rf_padding": [0, 0]}
    assert data == {
        "schema_version": 1,
        "network": "net",
        "input": [3, 8, 8],
        "dtype": "fp32",
        "rows": [
            {"path": "c", "op": "conv", "out": [2, 8, 8], **costs, **field, "rf_whole": False}
        ],
        "by_kind": {"conv": {"ops": 1, **costs}},
        "totals": {**costs, "params_inference": 8, **field},
    }


def test_several_inputs_are_given_by_name() -> None:
    text = "network net {\n    input a 3x4x4\n    input b 3x4x4\n    add { | @a | @b }\n}\n"
    assert as_data(summary(text))["input"] == {"a": [3, 4, 4], "b": [3, 4, 4]}
    assert summary(text).heading == "net on a 3x4x4, b 3x4x4"


def test_csv_has_a_record_for_each_line() -> None:
    records = list(csv.DictReader(StringIO(as_csv([summary(RESIDUAL)]))))
    stage = records[2]
    assert (stage["path"], stage["times"], stage["out"]) == ("stage.0 … 3", "4", "4x8x8")
    top = [r for r in records if "." not in r["path"]]
    assert sum(int(r["params"]) * int(r["times"]) for r in top) == summary(RESIDUAL).total.params


def test_markdown_is_a_table() -> None:
    lines = as_markdown([summary(RESIDUAL)]).splitlines()
    assert lines[0] == "### net on 3x8x8"
    assert {line.count("|") for line in lines[2:]} == {6}
    assert "| &nbsp;&nbsp;0 … 3 | unit x4 | 4x8x8 | 4 x 156 | 4 x 9,216 |" in lines
    assert lines[-1].startswith("| **total** |")


def test_the_table_is_plain_text_as_wide_as_needed() -> None:
    text = as_table([summary(RESIDUAL)])
    assert "\x1b" not in text
    assert text.isprintable() or text.replace("\n", "").isprintable()
    assert "unit x4" in text
    assert "total" in text.splitlines()[-1]
    assert all(line == line.rstrip() for line in text.splitlines())


def test_a_narrow_terminal_folds_names_and_keeps_numbers() -> None:
    text = as_table([summary(RESIDUAL)], width=60)
    assert max(map(len, text.splitlines())) <= 60
    assert f"{summary(RESIDUAL).total.macs:,}" in text


@pytest.mark.parametrize("width", [1, 20, 40, 60, 80])
def test_no_number_loses_a_digit_however_narrow_the_terminal_is(width: int) -> None:
    made = summary(body("    a: conv(3x3, 4096) -> b: conv(3x3, 4096) -> flatten -> linear(1000)"))
    wide, narrow = (as_table([made], each).splitlines() for each in (None, width))
    numbers = re.compile(r"\d[\d,x]{3,}(?= |$)")
    assert numbers.findall(wide[-1]) == numbers.findall(narrow[-1])
    assert f"{made.total.params:,}" in narrow[-1]
    assert f"{made.total.macs:,}" in narrow[-1]


def test_cost_grows_linearly_with_the_network() -> None:
    made = summary(body("    repeat 20000 { conv(1x1, 3) -> relu }"))
    assert [line.times for line in made.lines] == [20000, 1, 1]
    assert len(made.rows) == 40000
