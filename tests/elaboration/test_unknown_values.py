"""Nothing becomes unknown without a message: a network is complete, or a message says why not."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from checking import check, library

import archdsl
from archdsl import driver
from archdsl.diagnostics import Sink, Source

HEAD = "network n {\n    input 4x8x8\n    "
FALSE_FACT = "\n    expect params == 123456789\n}\n"

INSIDE = {
    "group": "a: { conv(1x1, 4) -> add { | identity | @a } }",
    "reference": "a: { relu -> @a }",
    "merge": "a: add { | identity | @a }",
    "branch": "concat { | a: { relu -> @a -> relu } | identity }",
    "argument": "a: unit(@a)",
    "list": "a: unit([@a][0])",
    "skip": "a: skip { conv(1x1, 4) -> add { | identity | @a } }",
    "shortcut": "skip a: unit(@a) { conv(1x1, 4) }",
    "repeat": "a: repeat 2 { conv(1x1, 4) -> add { | identity | @a } }",
    "iteration": "repeat i in range(2) { a{i}: { relu -> add { | identity | @a{i} } } }",
    "dense": "a: dense 2 { conv(1x1, 4) -> concat { | identity | @a } }",
    "split": "a: split { | relu | @a }",
    "parts": "a: split 2 { @a }",
    "aux": "a: aux { relu -> @a }",
    "inner label": "a: { b: relu -> @a.b }",
    "condition": "a: { if @a == 1 { relu } else { bn } }",
    "output": "a: repeat 1 { relu -> output @a }",
}
BLOCK = "block unit(v) { add { | identity | @v } }\n"


@pytest.mark.parametrize("form", INSIDE)
def test_a_label_inside_its_own_item_is_reported_once(form: str) -> None:
    text = f"{BLOCK}{HEAD}{INSIDE[form]}{FALSE_FACT}"
    assert [finding.code for finding in check(text)] == ["A227"]


def test_what_follows_a_failed_label_has_no_second_message() -> None:
    text = f"{HEAD}a: maxpool(99x99)\n    @a -> relu{FALSE_FACT}"
    assert [finding.code for finding in check(text)] == ["A303"]


@pytest.mark.parametrize(
    "body",
    [
        "concat { | input left 3x8x8 -> relu | relu }",
        "concat { | let a = 1 | input 3x8x8 }",
        "skip { input 3x8x8 -> relu }",
        "repeat 2 { let a = 1 }",
        "add { | if true { let a = 1 } | identity }",
        "skip { if false { relu } }",
        "a: { let x = 1 }",
        "dense 1 { let a = 1 }",
        "aux { relu }",
        "if true { let a = 1 }",
        "let a = 1",
        "",
    ],
)
def test_without_an_input_there_is_one_message(body: str) -> None:
    text = f"network n {{\n    {body}\n    expect params == 123456789\n}}\n"
    assert [finding.code for finding in check(text)] == ["A221"]


IMPORTED = {
    "a name defined twice": ("block unit { relu }\nblock unit { bn }\n", "A208"),
    "a function of the language as a parameter": ("block unit(max) { conv(1x1, max) }\n", "A207"),
    "a word of the language as a constant": (
        "block unit { let conv = 3 -> conv(1x1, 8) }\n",
        "A207",
    ),
    "a word of the language as an index": (
        "block unit { repeat max in range(2) { relu } }\n",
        "A207",
    ),
    "an input in a block": ("block unit { input 3x8x8 }\n", "A216"),
    "a fact in a block": ("block unit { relu -> expect params == 1 }\n", "A216"),
    "an output in a block": ("block unit { a: relu -> output @a }\n", "A216"),
    "a definition that cannot be read": ("block unit { relu relu }\n", "A101"),
}


@pytest.mark.parametrize("mistake", IMPORTED)
def test_a_mistake_in_an_imported_file_is_reported(mistake: str) -> None:
    part, code = IMPORTED[mistake]
    call = "unit(8)" if "(max)" in part else "unit"
    text = f"from part import unit\n{HEAD}{call}{FALSE_FACT}"
    assert [finding.code for finding in check(text, {"part": part})] == [code]


@pytest.mark.parametrize(
    "body", ["if true { expect params == 1 }", "skip { conv(1x1, 4) -> expect params == 1 }"]
)
def test_a_fact_in_a_body_that_runs_once_is_checked(body: str) -> None:
    assert [finding.code for finding in check(f"{HEAD}relu\n    {body}\n}}\n")] == ["A501"]


def test_an_output_may_be_repeated() -> None:
    text = f"{HEAD}repeat i in range(3) {{ c{{i}}: conv(1x1, 4) -> output @c{{i}} }}\n}}\n"
    sink = Sink()
    (graph,) = driver.graphs(Source("case.arch", text), library({}), sink, driver.Request())
    assert graph.output_names == ["c0", "c1", "c2"]


def test_only_a_sink_reports() -> None:
    """What stands for an unknown value is made where its message is kept, and nowhere else."""
    package = Path(archdsl.__file__).parent
    makers = [
        path.name
        for path in sorted(package.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Reported"
    ]
    assert makers == ["sink.py"]
