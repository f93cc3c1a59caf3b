"""`[tool.archdsl]` in pyproject.toml: lints, plugins and the output of a project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from process import shell

from archdsl.cli.main import main

NET = "network net { input 3x8x8 -> conv(3x3, 4, bias=true) -> bn -> relu }\n"
PLUGIN = """from dataclasses import dataclass

from archdsl.ops import Op, TorchForm, call


@dataclass(frozen=True)
class Projected(Op):
    word = "projected"
    kind = "activation"

    def torch(self, inputs, in_place):
        return TorchForm(call("nn.Mish"), call("F.mish"))
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    nets = tmp_path / "nets"
    nets.mkdir()
    (nets / "net.arch").write_text(NET)
    monkeypatch.chdir(nets)
    return tmp_path


def warned(capsys: pytest.CaptureFixture[str], *words: str) -> set[str]:
    assert main(["check", "net.arch", *words]) == 0
    out = capsys.readouterr().out
    return {line[8:12] for line in out.splitlines() if line.startswith("warning[")}


def test_lints_of_the_project_apply_below_its_folder(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert warned(capsys) == {"L201"}
    (folder / "pyproject.toml").write_text('[tool.archdsl]\nignore = ["L201"]\n')
    assert warned(capsys) == set()
    assert warned(capsys, "--ignore", "L301") == {"L201"}  # the command line comes first
    (folder / "pyproject.toml").write_text('[tool.archdsl]\nselect = ["L3", "L4"]\n')
    assert warned(capsys) == set()
    assert warned(capsys, "--select", "L2") == {"L201"}


def test_the_nearest_table_counts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "pyproject.toml").write_text('[tool.archdsl]\nignore = ["L201"]\n')
    here = Path("pyproject.toml")
    here.write_text('[project]\nname = "about archdsl"\n')  # has no table
    assert warned(capsys) == set()
    here.write_text("[tool.archdsl]\n")
    assert warned(capsys) == {"L201"}
    here.write_text('tool = { archdsl = { ignore = ["L2"] } }\n')
    assert warned(capsys) == set()


def test_plugins_are_beside_the_project_file(folder: Path) -> None:
    """A process of its own: an op that is loaded stays."""
    (folder / "pyproject.toml").write_text('[tool.archdsl]\nplugins = ["ops/mine.py"]\n')
    (folder / "ops").mkdir()
    (folder / "ops" / "mine.py").write_text(PLUGIN)
    Path("net.arch").write_text("network net { input 3x8x8 -> projected }\n")
    done = shell("archdsl check net.arch && archdsl compile net.arch -o -", env=environment())
    assert done.returncode == 0, done.stderr
    assert "nn.Mish()" in done.stdout or "F.mish(" in done.stdout
    assert "--plugin mine.py" in done.stdout  # the command that makes the same file


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}


def test_the_output_of_compile(folder: Path) -> None:
    (folder / "pyproject.toml").write_text('[tool.archdsl]\noutput = "src/nets"\n')
    assert main(["compile", "net.arch"]) == 0
    assert (folder / "src/nets/net.py").exists()
    assert main(["compile", "net.arch", "--check"]) == 0
    assert main(["compile", "net.arch", "-o", "here"]) == 0
    assert Path("here/net.py").exists()
    assert not Path("generated").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.archdsl]\nselct = []", "there is no setting 'selct'; did you mean `select`?"),
        ("[tool.archdsl]\nselect = 'L2'", "write select = [\"NAME\"], not 'L2'"),
        ("[tool.archdsl]\nignore = [2]", 'write ignore = ["NAME"], not [2]'),
        ("[tool.archdsl]\noutput = ['a']", 'write output = "FOLDER"'),
        ("[tool.archdsl]\noutput = ''", 'write output = "FOLDER"'),
        ("[tool]\narchdsl = 1", "write a table of `select`, `ignore`, `plugins` and `output`"),
        ("[tool.archdsl", "is not TOML: "),
        ("archdsl = " + "[" * 100_000, "is not TOML: nested too deeply"),
        ("[tool.archdsl]\nselect = ['L9999']", "there is no lint 'L9999'"),
        ("[tool.archdsl]\nplugins = ['none.py']", "none.py"),
    ],
)
def test_a_mistake_in_the_table_is_one_message(
    text: str, message: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "pyproject.toml").write_text(text)
    assert main(["check", "net.arch"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert main(["explain", "A301"]) == 0  # reads no network


def test_an_unreadable_project_is_one_message(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "pyproject.toml").write_bytes(b"archdsl \xff\xfe")
    assert main(["check", "net.arch"]) == 2
    assert "pyproject.toml'" in capsys.readouterr().err


def test_a_removed_folder_is_no_bug() -> None:
    done = shell("mkdir gone; cd gone; rmdir ../gone; archdsl check lenet5", env=environment())
    assert (done.returncode, done.stdout) == (0, "no mistakes in 1 file\n")
