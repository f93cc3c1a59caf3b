"""`generated/` is what the compiler makes of `architectures/`: only the version may be another."""

from __future__ import annotations

import re
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


def assert_up_to_date(update_golden: bool, *arguments: str) -> None:
    """Compare files of generated/ with what `compile` writes now; or write them."""
    words = [*arguments, "-o", str(GENERATED)]
    assert main(["compile", *words, *([] if update_golden else ["--diff"])]) == 0


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_the_committed_files_are_what_the_compiler_makes(source: Path, update_golden: bool) -> None:
    assert_up_to_date(update_golden, str(source))


@pytest.mark.parametrize("network", ENGINES)
def test_the_committed_engines_are_what_the_compiler_makes(
    network: str, update_golden: bool
) -> None:
    assert_up_to_date(update_golden, network, "--target", "inference")


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
            cwd=GENERATED,  # where archdsl is a package like others
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("network", ENGINES)
def test_a_standalone_engine_is_whole_and_as_ruff_would_have_it(
    network: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "archdsl", "compile", network, "-o", str(tmp_path)]
    subprocess.run([*command, "--target", "inference", "--standalone"], check=True)
    text = (tmp_path / f"{network}_inference.py").read_text("utf-8")
    assert "from archdsl" not in text
    assert "require_version" not in text
    for rule in (["format", "--check"], ["check"]):  # an undefined name is F821
        run = subprocess.run(
            [sys.executable, "-m", "ruff", *rule, "--isolated", str(tmp_path)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("network", ENGINES)
def test_an_engine_is_short(network: str) -> None:
    """Imports, blocks and the table of tensors: nothing of the runtime."""
    text = (GENERATED / f"{network}_inference.py").read_text("utf-8")
    assert text.count("\n") <= 150
    assert set(re.findall(r"^(?:import|from) (\w+)", text, re.MULTILINE)) <= {
        *("archdsl", "collections", "torch", "typing"),
    }
