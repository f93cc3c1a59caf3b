"""`generated/` is what the compiler makes of `architectures/`, byte for byte."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from archdsl.cli.main import main
from tests.architectures.shipped import NETWORKS

ROOT = Path(__file__).parent.parent
GENERATED = ROOT / "generated"
# Those whose inference engines are kept beside them: together they use every rewrite.
ENGINES = (
    "densenet121",
    "fractalnet40",
    "googlenet_bn",
    "preresnet200",
    "resnet50",
    "squeezenet1_0",
    "vgg16",
)
SOURCES = sorted((ROOT / "architectures").glob("*.arch"))


def compile_into(folder: Path, source: Path | str, *options: str) -> dict[str, str]:
    assert main(["compile", str(source), "-o", str(folder), *options]) == 0
    return {path.name: path.read_text("utf-8") for path in sorted(folder.glob("*.py"))}


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_the_committed_files_are_what_the_compiler_makes(
    source: Path, tmp_path: Path, update_golden: bool
) -> None:
    made = compile_into(tmp_path, source)
    if update_golden:
        for name, text in made.items():
            (GENERATED / name).write_text(text, "utf-8")
    assert made
    for name, text in made.items():
        assert (GENERATED / name).read_text("utf-8") == text, f"{name}: see --update-golden"


@pytest.mark.parametrize("network", ENGINES)
def test_the_committed_engines_are_what_the_compiler_makes(
    network: str, tmp_path: Path, update_golden: bool
) -> None:
    made = compile_into(tmp_path, network, "--target", "inference")
    assert set(made) == {f"{network}.py", f"{network}_inference.py"}
    for name, text in made.items():
        if update_golden:
            (GENERATED / name).write_text(text, "utf-8")
        assert (GENERATED / name).read_text("utf-8") == text, f"{name}: see --update-golden"


def test_no_committed_file_is_left_over() -> None:
    made = {*NETWORKS, *(f"{network}_inference" for network in ENGINES)}
    assert {path.stem for path in GENERATED.glob("*.py")} == made


def test_the_longest_residual_network_stays_short() -> None:
    lines = (GENERATED / "resnet152.py").read_text("utf-8").count("\n")
    assert lines <= 150


def test_committed_files_are_as_ruff_would_have_them() -> None:
    files = [str(path) for path in GENERATED.glob("*.py")]
    for command in (["format", "--check"], ["check"]):
        run = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--isolated", *files],
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stdout
