"""Names in `generated/` follow PEP 8, and no class is named by a counter."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_generated import GENERATED, SOURCES

ALL = sorted(GENERATED.glob("*.py"))
NETWORKS = [path for path in ALL if not path.stem.endswith("_inference")]
# A class or a variable has a name of the source as it is. A name goes when its faults do.
UNCLEAN = frozenset(["squeezenet1_0_inference"]) | {
    *("densenet40_12", "densenet_bc100_12", "densenet_bc190_40", "densenet_bc250_24"),
    *("inception_resnet_v2", "inception_v3", "inception_v4", "resnext101_32x8d"),
    *("resnext101_64x4d", "resnext29_16x64d", "resnext29_8x64d", "resnext50_32x4d"),
    *("squeezenet1_0", "squeezenet1_0_complex_bypass", "squeezenet1_0_simple_bypass"),
    *("squeezenet1_1", "wide_resnet101_2", "wide_resnet50_2", "wrn_28_10", "wrn_40_4"),
}
COUNTED = frozenset(["fractalnet20", "fractalnet40"])  # a class for each number of columns


def unclean(paths: list[Path]) -> set[str]:
    """The files in which `ruff check --select N` finds something."""
    run = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--select", "N", "--output-format", "concise"]
        + [str(path) for path in paths],
        capture_output=True,
        text=True,
        check=False,
    )
    return {Path(line.split(":")[0]).stem for line in run.stdout.splitlines() if ".py:" in line}


def test_names_follow_pep_8() -> None:
    assert unclean([path for path in ALL if path.stem not in UNCLEAN]) == set()


def counted(path: Path) -> list[str]:
    """The classes whose names end in a number that no name of the library ends in."""
    text = "\n".join(source.read_text("utf-8") for source in SOURCES)
    words = {word.replace("_", "").lower() for word in re.findall(r"[A-Za-z_]\w*", text)}
    names = re.findall(r"^class (\w*\d)\b", path.read_text("utf-8"), re.MULTILINE)
    return [name for name in names if name.replace("_", "").lower() not in words]


@pytest.mark.parametrize("path", NETWORKS, ids=lambda path: path.stem)
def test_no_class_is_numbered(path: Path) -> None:
    assert path.stem in COUNTED or counted(path) == []
