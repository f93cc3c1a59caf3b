"""`archdsl compile` as a user runs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from archdsl.elaboration.check_files import generated_files

GOOD = "network net(n = 4) { input 3x8x8\n conv(3x3, n) -> bn }\n"
OPEN = "network net(n) { input 3x8x8\n conv(3x3, n) -> bn }\n"
BAD = "network net { input 3x8x8\n conv(3x3, 8) }\nnetwork other { input 3x8x8\n convv(3) }\n"


def compile_file(folder: Path, text: str, *options: str) -> subprocess.CompletedProcess[str]:
    source = folder / "net.arch"
    source.write_text(text)
    command = [sys.executable, "-m", "archdsl", "compile", str(source), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


def test_a_network_becomes_a_file_of_its_name(tmp_path: Path) -> None:
    run = compile_file(tmp_path, GOOD)
    assert run.returncode == 0
    assert run.stdout.startswith("generated/net.py: ")
    assert "def net(n: int = 4) -> Net:" in (tmp_path / "generated" / "net.py").read_text()


def test_the_folder_the_parameters_and_the_input_can_be_chosen(tmp_path: Path) -> None:
    run = compile_file(tmp_path, GOOD, "-o", "out", "--set", "n=7", "--input", "5x16x16")
    assert run.returncode == 0
    assert "nn.Conv2d(5, n, 3, padding=1)" in (tmp_path / "out" / "net.py").read_text()


def test_where_one_network_has_a_mistake_nothing_is_written(tmp_path: Path) -> None:
    run = compile_file(tmp_path, BAD)
    assert run.returncode == 1
    assert run.stdout == ""
    assert "did you mean `conv`?" in run.stderr
    assert not (tmp_path / "generated").exists()


def test_a_file_without_a_complete_network_says_what_to_do(tmp_path: Path) -> None:
    run = compile_file(tmp_path, OPEN)
    assert run.returncode == 2
    assert "--set NAME=VALUE" in run.stderr
    assert compile_file(tmp_path, OPEN, "--network", "net", "--set", "n=3").returncode == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--set", "m=3"], "`net` has no argument `m`"),
        (["--input", "left=3x8x8"], "`net` has no input `left`"),
        (["--network", "ned"], "did you mean `net`?"),
    ],
)
def test_a_wrong_choice_is_a_finding_with_a_next_step(
    tmp_path: Path, options: list[str], message: str
) -> None:
    run = compile_file(tmp_path, GOOD, *options)
    assert run.returncode == 1
    assert message in run.stderr
    assert not (tmp_path / "generated").exists()


def test_the_graph_can_be_printed_as_text(tmp_path: Path) -> None:
    run = compile_file(tmp_path, GOOD, "--dump", "graph")
    assert run.returncode == 0
    assert "%1 = conv(3x3, 4)(%0) : 4x8x8" in run.stdout
    assert not (tmp_path / "generated").exists()


def test_a_shipped_network_compiles_by_name(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "archdsl", "compile", "resnet18", "-o", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True)
    assert [path.name for path in tmp_path.iterdir()] == ["resnet18.py"]


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    run = compile_file(tmp_path, GOOD, "-o", "taken/inside")
    assert run.returncode == 2
    assert "cannot write" in run.stderr


def test_an_engine_is_written_beside_the_module(tmp_path: Path) -> None:
    run = compile_file(tmp_path, GOOD, "--target", "inference")
    assert run.returncode == 0
    assert run.stdout.split(": ")[0] == "generated/net.py"
    assert "generated/net_inference.py: " in run.stdout
    engine = (tmp_path / "generated" / "net_inference.py").read_text()
    assert "class NetInference(Engine):" in engine
    assert 'Conv3x3(folded("conv1", "bn1"), padding=1)' in engine


def test_a_module_for_training_takes_the_place_of_the_plain_one(tmp_path: Path) -> None:
    run = compile_file(tmp_path, GOOD, "--target", "training")
    assert run.returncode == 0
    assert [path.name for path in (tmp_path / "generated").iterdir()] == ["net.py"]
    assert "channels_last" in (tmp_path / "generated" / "net.py").read_text()


def test_what_the_passes_did_is_told_instead_of_written(tmp_path: Path) -> None:
    run = compile_file(tmp_path, GOOD, "--explain-passes")
    assert run.returncode == 0
    assert "net: 3 nodes, 0.0 M multiply-adds, " in run.stdout
    fold = run.stdout.split("  fold_norms: Fold a batch norm into the layer")[1].split("\n")[1]
    assert fold.strip() == "saves 1 nodes, 0.0 M multiply-adds, 0.0 MB moved"
    assert not (tmp_path / "generated").exists()


@pytest.mark.parametrize("target", ["module", "training", "inference"])
def test_the_files_are_those_that_no_other_network_may_have(tmp_path: Path, target: str) -> None:
    """A229 compares the names that `generated_files` lists."""
    assert compile_file(tmp_path, GOOD, "--target", target).returncode == 0
    written = {path.name for path in (tmp_path / "generated").iterdir()}
    assert written <= set(generated_files("net"))


def test_several_files_are_compiled_at_once(tmp_path: Path) -> None:
    (tmp_path / "other.arch").write_text("network third { input 3x8x8 -> relu }\n")
    (tmp_path / "blocks.arch").write_text("block unit(c) { conv(3x3, c) -> bn }\n")
    run = compile_file(tmp_path, GOOD, "other.arch", "blocks.arch", "resnet18", "-o", "out")
    assert run.returncode == 0, run.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "net.py",
        "resnet18.py",
        "third.py",
    ]


def test_a_mistake_in_one_of_several_files_leaves_nothing_written(tmp_path: Path) -> None:
    (tmp_path / "other.arch").write_text("network third { input 3x8x8 -> rellu }\n")
    (tmp_path / "more.arch").write_text("network fourth { input 3x8x8 -> gellu }\n")
    run = compile_file(tmp_path, GOOD, "other.arch", "more.arch", "-o", "out")
    assert run.returncode == 1
    assert run.stderr.count("error[") == 2
    assert not (tmp_path / "out").exists()


def test_two_files_may_not_make_one_file(tmp_path: Path) -> None:
    (tmp_path / "other.arch").write_text(GOOD.replace("bn", "relu"))
    run = compile_file(tmp_path, GOOD, "other.arch", "-o", "out")
    assert run.returncode == 2
    assert "'out/net.py'" in run.stderr
    assert "-o" in run.stderr
    assert not (tmp_path / "out").exists()
    assert compile_file(tmp_path, GOOD, "net.arch", "-o", "out").returncode == 0
