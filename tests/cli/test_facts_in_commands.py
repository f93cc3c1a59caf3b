"""Stated facts hold in every command, not only in `check`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import archdsl
from archdsl.cli.main import main

COSTLY = """network costly(c = 8) {
    input 3x8x8
    conv(3x3, c, bias=false)
    expect macs <= 10
}
"""
MACS = 3 * 9 * 8 * 8 * 8  # of the 3x3 convolution from 3 to 8 channels at 8x8 places
TOP = """network plain(c = 8) { input 3x8x8 -> conv(3x3, c, bias=false) }
network wide = plain(c = 16)
expect plain.params == 1
expect plain.params < wide.params
"""
SHOWING = (
    "summary costly.arch",
    "summary costly.arch --style cs231n",
    "memory costly.arch",
    "profile costly.arch --device a100",
    "render costly.arch --dot",
    "compare costly.arch",
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("costly.arch").write_text(COSTLY)
    Path("top.arch").write_text(TOP)


def run(capsys: pytest.CaptureFixture[str], command: str) -> tuple[int, str, str]:
    code = main(command.split())
    output = capsys.readouterr()
    return code, output.out, output.err


@pytest.mark.parametrize("target", ["module", "inference", "training"])
def test_compile_writes_nothing_where_a_fact_does_not_hold(
    target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, f"compile costly.arch --target {target}")
    assert (code, out) == (1, "")
    assert "error[A501]" in err
    assert "costly.arch:4:12" in err
    assert f"macs is {MACS:,}" in err
    assert not Path("generated").exists()
    assert run(capsys, f"compile costly.arch --target {target} --no-expect")[0] == 0
    assert Path("generated/costly.py").exists()


@pytest.mark.parametrize("command", SHOWING)
def test_what_shows_a_network_shows_it_and_reports_the_fact(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, command)
    assert code == 1
    assert "costly" in out or "digraph" in out
    assert err.count("error[A501]") == 1


def test_diff_reports_a_fact_too(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "diff costly.arch costly.arch")
    assert code == 1
    assert "error[A501]" in err


@pytest.mark.parametrize("command", [*SHOWING, "compile costly.arch"])
@pytest.mark.parametrize("change", ["--set c=4", "--input 3x4x4"])
def test_of_a_changed_network_a_fact_is_a_note(
    command: str, change: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if "compare" in command and "--set" in change:
        command, change = "compare costly.arch:costly(c=4)", ""
    code, _, err = run(capsys, f"{command} {change}")
    assert code == 0
    assert (
        "note: with these settings, costly.arch:4:12: this is not so: macs <= 10 (macs is " in err
    )
    assert "error" not in err


def test_facts_at_the_top_level_hold_for_the_networks_that_they_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, _, err = run(capsys, "compile top.arch")
    assert code == 1
    assert err.count("error[") == 1
    assert "top.arch:3:8" in err
    assert run(capsys, "compile top.arch --network plain")[0] == 1
    assert run(capsys, "compile top.arch --network wide")[0] == 0
    assert run(capsys, "compile top.arch --network plain --set c=4")[::2] == (0, "")


def test_a_sweep_marks_the_variants_that_break_a_fact(capsys: pytest.CaptureFixture[str]) -> None:
    Path("costly.arch").write_text(COSTLY.replace("10", str(MACS)))
    code, out, err = run(capsys, "sweep costly.arch --set c=4,8,16 --format json")
    rows = json.loads(out)
    rows = rows if isinstance(rows, list) else rows["rows"]
    assert (code, err) == (0, "")
    assert [row["macs"] for row in rows] == [MACS // 2, MACS, MACS * 2]
    marked = [row.get("problem") for row in rows]
    assert marked[:2] == [None, None]
    assert marked[2] == f"A501: this is not so: macs <= {MACS}"


def test_the_front_of_a_sweep_leaves_out_what_breaks_a_fact(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("costly.arch").write_text(COSTLY.replace("10", str(MACS)))
    code, _, err = run(capsys, "sweep costly.arch --set c=4,8,16 --plot front.svg")
    assert code == 0
    assert "front.svg: 2 variants" in err
    Path("costly.arch").write_text(COSTLY)
    code, _, err = run(capsys, "sweep costly.arch --set c=4,8 --plot none.svg")
    assert code == 2
    assert not Path("none.svg").exists()


def test_a_notebook_shows_the_network_and_the_fact() -> None:
    with pytest.warns(UserWarning, match="A501"):
        shown = str(archdsl.load("costly.arch"))
    assert "costly" in shown
    assert "error[A501]" in shown
    assert f"macs is {MACS:,}" in shown
