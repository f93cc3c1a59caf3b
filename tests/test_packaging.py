"""The wheel carries everything that the commands read, and works away from the checkout."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parent.parent
PACKAGED = ("*.py", "*.j2", "*.md", "*.toml", "py.typed")
NETWORK = (
    "from resnet import resnet, bottleneck\n\nnetwork r50 = resnet(bottleneck, [3, 4, 6, 3])\n"
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    kept = ["archdsl", "grammar", "architectures"]
    for name in kept:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=source,
        check=True,
        capture_output=True,
    )
    return next(folder.glob("*.whl"))


def shipped(folder: str, *patterns: str) -> set[str]:
    """The files of a folder of the checkout, as paths from the folder."""
    found = (path for pattern in patterns for path in (ROOT / folder).rglob(pattern))
    return {path.relative_to(ROOT / folder).as_posix() for path in found}


def test_the_wheel_carries_what_the_package_reads(wheel: Path) -> None:
    names = set(ZipFile(wheel).namelist())
    wanted = {f"archdsl/{name}" for name in shipped("archdsl", *PACKAGED)}
    wanted |= {f"archdsl/grammar/{name}" for name in shipped("grammar", "*.lark")}
    wanted |= {
        f"archdsl/architectures/{name}" for name in shipped("architectures", "*.arch", "*.toml")
    }
    assert {"archdsl/py.typed", "archdsl/grammar/arch.lark", "archdsl/devices/t4.toml"} <= wanted
    assert wanted <= names


def test_the_wheel_carries_nothing_else(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"archdsl"}


def test_the_wheel_works_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    unpacked = tmp_path / "site"
    ZipFile(wheel).extractall(unpacked)
    (tmp_path / "mine.arch").write_text(NETWORK)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "archdsl", "check", "mine.arch"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(unpacked)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_requirement_is_pinned() -> None:
    pins = {
        re.sub(r"[-_.]+", "-", line.split("==")[0]).lower()
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if line and not line.startswith("#")
    }
    project = (ROOT / "pyproject.toml").read_text()
    wanted = {name.lower() for name in re.findall(r'"([A-Za-z0-9-]+)>=[\d.]+"', project)}
    assert wanted <= pins
