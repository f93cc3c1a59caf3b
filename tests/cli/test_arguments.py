"""Several files, folders and patterns as arguments, and standard output as the file to write."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from process import BAD, GOOD

from archdsl.cli.arguments import expanded
from archdsl.cli.main import main
from archdsl.diagnostics import UsageError
from archdsl.files import shipped_networks

OTHER = GOOD.replace("good", "other")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    monkeypatch.chdir(tmp_path)
    Path("nets/deep").mkdir(parents=True)
    Path("nets/.hidden").mkdir()
    Path("nets/good.arch").write_text(GOOD)
    Path("nets/deep/other.arch").write_text(OTHER)
    Path("nets/.hidden/bad.arch").write_text(BAD)
    Path("nets/notes.txt").write_text("no network")


def test_a_folder_means_its_files_and_a_pattern_the_networks_that_need_no_arguments() -> None:
    files = [str(Path("nets/good.arch")), str(Path("nets/deep/other.arch"))]
    assert expanded(["nets"]) == files
    assert expanded(["nets", *files, "-"]) == [*files, "-"]
    found = expanded(["dense*"])
    assert {"densenet121", "densenet201"} <= set(found)
    assert "densenet" not in found
    assert set(found) <= {name for name in shipped_networks() if name.startswith("dense")}
    assert expanded(["resnet50(base=2*4)"]) == ["resnet50(base=2*4)"]


@pytest.mark.parametrize("word", ["empty", "dance*", "*.arch"])
def test_a_word_that_means_nothing_is_wrong_usage(word: str) -> None:
    Path("empty").mkdir()
    with pytest.raises(UsageError):
        expanded([word])


@pytest.mark.parametrize("command", ["summary", "memory", "profile --device t4", "compare"])
def test_commands_take_folders_and_several_files(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command.split(), "nets", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [each["network"] for each in found] == ["good", "other"]


def test_check_counts_the_files_of_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "nets"]) == 0
    assert capsys.readouterr().out == "no mistakes in 2 files\n"


def test_a_folder_does_not_hide_a_shipped_network(capsys: pytest.CaptureFixture[str]) -> None:
    name = "lenet5"
    Path(name).mkdir()
    Path(name, "bad.arch").write_text(BAD)
    assert main(["summary", name, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["network"] == "lenet5"
    assert main(["diff", name, f"{name}()"]) == 0
    assert main(["check", f"./{name}"]) == 1


# ------------------------------------------------------------------ output


def test_compile_prints_one_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", "nets/good.arch", "-o", "-"]) == 0
    printed = capsys.readouterr().out
    assert main(["compile", "nets/good.arch", "-o", "out"]) == 0
    assert printed == Path("out/good.py").read_text("utf-8")
    assert "class" in printed
    ast.parse(printed)
    assert not Path("-").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("compile nets -o -", "here are `good.py` and `other.py`; choose one with --network"),
        ("compile nets/good.arch --check -o -", "there is no file to compare with"),
        ("render nets -o -", "here are `good` and `other`"),
        ("render nets/good.arch -o x.jpg", "'x.jpg' is no picture: end the name in `.svg`"),
        ("render nets/good.arch --png -o x.svg", "--png does not write 'x.svg'"),
        ("render nets/good.arch nets/again.arch", "two files define a network `good`"),
    ],
)
def test_output_that_cannot_be_meant_is_wrong_usage(
    words: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("nets/again.arch").write_text(GOOD.replace("conv(3x3", "conv(1x1"))
    words = words.replace("compile nets -", "compile nets/good.arch nets/deep -")
    words = words.replace("render nets -", "render nets/good.arch nets/deep -")
    before = set(Path().rglob("*"))
    assert main(words.split()) == 2
    assert message in capsys.readouterr().err
    assert set(Path().rglob("*")) == before


def test_render_prints_a_picture_and_writes_those_of_a_folder() -> None:
    words = [sys.executable, "-m", "archdsl", "render", "nets/good.arch", "--mermaid"]
    to_file = subprocess.run([*words, "-o", "-"], capture_output=True, check=True)
    assert to_file.stdout.startswith(b"flowchart") or b"flowchart" in to_file.stdout
    assert main(["render", "nets", "--dot", "-o", "drawn"]) == 0
    assert sorted(path.name for path in Path("drawn").iterdir()) == ["good.dot", "other.dot"]
