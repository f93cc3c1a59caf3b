"""Names in `generated/` follow PEP 8, and no class is named by a counter."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_generated import GENERATED, SOURCES

NETWORKS = [path for path in sorted(GENERATED.glob("*.py")) if "_inference" not in path.stem]


def test_names_follow_pep_8() -> None:
    command = [sys.executable, "-m", "ruff", "check", "--select", "N", str(GENERATED)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout


def counted(path: Path) -> list[str]:
    """The classes whose names end in a number that no name of the library ends in."""
    text = "\n".join(source.read_text("utf-8") for source in SOURCES)
    words = {word.replace("_", "").lower() for word in re.findall(r"[A-Za-z_]\w*", text)}
    names = re.findall(r"^class (\w*\d)\b", path.read_text("utf-8"), re.MULTILINE)
    return [name for name in names if name.replace("_", "").lower() not in words]


@pytest.mark.parametrize("path", NETWORKS, ids=lambda path: path.stem)
def test_no_class_is_numbered(path: Path) -> None:
    assert counted(path) == []


@pytest.mark.parametrize("name", ["mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large"])
def test_an_inverted_residual_is_one_class(name: str) -> None:
    text = (GENERATED / f"{name}.py").read_text("utf-8")
    assert [made for made in re.findall(r"^class (\w+)", text, re.M) if "Inverted" in made] == [
        "Inverted"
    ]
    assert "ValueError" not in text
