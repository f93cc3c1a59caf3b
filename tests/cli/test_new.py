"""`archdsl new`: the file that it writes, and names that it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from archdsl.cli.main import main


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_new_file_has_no_mistake_and_no_warning(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "mine"]) == 0
    assert capsys.readouterr().out.startswith("mine.arch: ")
    assert main(["check", "--strict", "mine.arch"]) == 0
    assert capsys.readouterr().out == "no mistakes in 1 file\n"
    assert main(["compile", "mine.arch", "-o", "out"]) == 0


def test_the_facts_of_the_new_file_are_checked() -> None:
    assert main(["new", "mine", "-o", "deep/first.arch"]) == 0
    path = Path("deep/first.arch")
    path.write_text(path.read_text().replace("[16, 32, 64]", "[32, 64, 128]"))
    assert main(["check", str(path)]) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("there", "'there.arch' exists: choose another name, or another file with -o"),
        ("link", "'link.arch' exists"),
        ("a-b", "'a-b' is no name: use letters, digits and `_`"),
        ("../x", "is no name"),
        ("conv", "a network cannot be called 'conv': "),
        ("network", "a network cannot be called 'network': "),
        ("unit", "a network cannot be called 'unit': "),
        ("x -o x.txt", "'x.txt' is no source: end the name in .arch"),
    ],
)
def test_a_file_that_cannot_be_new_is_wrong_usage(
    words: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("there.arch").write_text("mine")
    Path("link.arch").symlink_to("nowhere")
    assert main(["new", *words.split()]) == 2
    assert message in capsys.readouterr().err
    assert Path("there.arch").read_text() == "mine"
    assert {path.name for path in Path().iterdir()} == {"there.arch", "link.arch"}
