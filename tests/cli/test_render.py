"""`archdsl render`, as a user runs it."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from archdsl.cli.main import main
from archdsl.files import shipped_networks

TWO = """
network first { input 3x8x8 -> conv(3x3, 4) -> relu }
network second { input 3x8x8
    stage: { conv(3x3, 4) -> conv(1x1, 4) -> part: { conv(1x1, 2) -> conv(3x3, 2) } }
}
"""


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "two.arch"
    path.write_text(TWO, "utf-8")
    return path


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["render", *words]) == 2
    captured = capsys.readouterr()
    assert not captured.out
    return captured.err


def test_every_network_of_a_file_gets_its_svg(
    two: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["render", str(two)]) == 0
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == [
        "first.svg", "second.svg"
    ]  # fmt: skip
    assert ET.parse("first.svg").getroot().get("id") == "first"


@pytest.mark.parametrize(
    ("style", "begins"),
    [
        ("svg", b"<svg "),
        ("png", b"\x89PNG"),
        ("pdf", b"%PDF"),
        ("dot", b"digraph"),
        ("mermaid", b"---"),
    ],
)
def test_a_format_is_written_to_the_file_asked_for(two: Path, style: str, begins: bytes) -> None:
    words = ["render", str(two), "--network", "first", f"--{style}", "-o", "out/picture"]
    assert main(words) == 0
    assert Path("out/picture").read_bytes().startswith(begins)
    assert [path.name for path in Path("out").iterdir()] == ["picture"]


@pytest.mark.parametrize(("name", "begins"), [("a.png", b"\x89PNG"), ("a.mmd", b"---")])
def test_the_name_of_the_file_chooses_the_format(two: Path, name: str, begins: bytes) -> None:
    assert main(["render", str(two), "--network", "first", "-o", name]) == 0
    assert Path(name).read_bytes().startswith(begins)


def test_several_networks_go_to_a_folder(two: Path) -> None:
    assert main(["render", str(two), "--png", "-o", "pictures"]) == 0
    assert sorted(path.name for path in Path("pictures").iterdir()) == ["first.png", "second.png"]


@pytest.mark.parametrize("style", ["dot", "mermaid"])
def test_texts_are_printed(two: Path, capsys: pytest.CaptureFixture[str], style: str) -> None:
    assert main(["render", str(two), "--network", "first", f"--{style}"]) == 0
    assert "conv 3×3, 4" in capsys.readouterr().out
    assert not list(Path().glob("first*"))


def test_an_unknown_part_is_asked_back(two: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(capsys, str(two), "--network", "second", "--expand", "stag")
    assert said == "archdsl: second has no part 'stag'; did you mean `stage`?\n"
    said = refused(capsys, str(two), "--network", "second", "--expand", "stage.prt")
    assert said == "archdsl: second has no part 'stage.prt'; did you mean `stage.part`?\n"
    said = refused(capsys, str(two), "--network", "second", "--expand", "zzz")
    assert said == "archdsl: second has no part 'zzz'; there are `stage`\n"


def test_one_part_can_be_opened(two: Path) -> None:
    words = ["render", str(two), "--network", "second", "--level", "network"]
    assert main([*words, "-o", "closed.svg"]) == 0
    assert main([*words, "--expand", "stage.part", "-o", "open.svg"]) == 0
    assert "second.stage.part.1" not in Path("closed.svg").read_text("utf-8")
    assert "second.stage.part.1" in Path("open.svg").read_text("utf-8")


def test_a_file_that_cannot_be_written_is_said(
    two: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("file").write_text("")
    said = refused(capsys, str(two), "--network", "first", "-o", "file/picture.svg")
    assert said.startswith("archdsl: cannot write 'file/picture.svg'")
    assert Path("file").read_text() == ""


def test_too_many_cards_are_refused_with_the_level_to_use(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = refused(capsys, "resnet1202", "--level", "op")
    assert "4,211 cards of resnet1202" in said
    assert "use --level stage (10 cards)" in said


def test_drawing_imports_no_torch() -> None:
    code = (
        "import sys; from archdsl.cli.main import main;"
        "main(['render', 'lenet5', '-o', '-']); print(sorted(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("<svg ")
    for heavy in ("'torch'", "'numpy'", "'networkx'", "'pygraphviz'", "'reportlab'", "'rich'"):
        assert heavy not in done.stderr


@pytest.mark.parametrize("words", [["--color-by", "rf"], ["--color-by", "time", "--device", "t4"]])
def test_cards_are_coloured_by_a_number(two: Path, words: list[str]) -> None:
    assert main(["render", str(two), "--network", "first", *words, "-o", "a.svg"]) == 0
    assert 'class="step"' in Path("a.svg").read_text("utf-8")


def test_a_device_that_is_not_there_is_asked_back(
    two: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refused(capsys, str(two), "--color-by", "time", "--device", "a10")
    assert "there is no device 'a10'" in said


@pytest.mark.parametrize("words", [[], ["lenet5", "--all"]])
def test_either_a_file_or_the_library_is_drawn(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["render", *words]) == 2
    assert "name a FILE, or draw all shipped networks with --all" in capsys.readouterr().err


@pytest.mark.minutes
def test_the_whole_library_is_drawn(tmp_path: Path) -> None:
    assert main(["render", "--all", "--level", "network", "-o", str(tmp_path)]) == 0
    drawn = {path.stem for path in tmp_path.glob("*.svg")}
    assert {"lenet5", "resnet50", "densenet121", "mobilenet_v2"} <= drawn
    assert drawn <= set(shipped_networks())
