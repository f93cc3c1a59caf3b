"""The packages carry everything that the commands read, and work away from the checkout."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
from email import message_from_bytes
from importlib.metadata import Distribution, distribution
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
PACKAGED = ("*.py", "*.j2", "*.json", "*.md", "*.toml", "*.ttf", "py.typed")
NETWORK = (
    "from resnet import resnet, bottleneck\n\nnetwork r50 = resnet(bottleneck, [3, 4, 6, 3])\n"
)


def built(source: Path, kind: str, folder: Path) -> Path:
    words = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)]
    subprocess.run(words, cwd=source, check=True, capture_output=True)
    return next(folder.glob("*.whl" if kind == "wheel" else "*.tar.gz"))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    source = folder / "source"
    for name in ("archdsl", "grammar", "architectures"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    return built(source, "sdist", folder)


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that pip builds from the source distribution."""
    folder = tmp_path_factory.mktemp("wheel")
    with tarfile.open(sdist) as packed:
        packed.extractall(folder, filter="data")
    [source] = folder.iterdir()
    return built(source, "wheel", folder)


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


@pytest.mark.minutes
def test_the_wheel_works_with_its_requirements_alone(wheel: Path, tmp_path: Path) -> None:
    """A new environment, with the packages that the wheel requires and those that they do."""
    home = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    [site] = home.glob("lib/python*/site-packages")
    for name in required(wheel):
        for path in files_at_the_top(distribution(name)):
            if not (site / path.name).exists():
                (site / path.name).symlink_to(path)
    python = home / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps"]
    subprocess.run([*install, "--no-index", str(wheel)], check=True, capture_output=True)
    (tmp_path / "mine.arch").write_text(NETWORK)
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    for line in (
        "--version", "check mine.arch", "summary mine.arch", "compile mine.arch", "doctor",
        "render mine.arch -o mine.png", "render mine.arch -o mine.pdf", "zoo lenet5",
        "compare mine.arch --plot chart.svg", "sweep lenet5 --set classes=1..9 --jobs 2",
        "profile lenet5 --device a100", "completion bash", "explain A301",
    ):  # fmt: skip
        command = [str(home / "bin" / "archdsl"), *line.split()]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, (line, done.stdout + done.stderr)
    missing = subprocess.run([str(python), "-c", "import torch"], capture_output=True)
    assert missing.returncode != 0


def required(wheel: Path) -> set[str]:
    """The packages that a wheel requires without extras, and that these require."""
    with ZipFile(wheel) as packed:
        [name] = [each for each in packed.namelist() if each.endswith(".dist-info/METADATA")]
        waiting = message_from_bytes(packed.read(name)).get_all("Requires-Dist") or []
    found: set[str] = set()
    while waiting:
        requirement = Requirement(waiting.pop())
        if requirement.name in found or (
            requirement.marker and not requirement.marker.evaluate({"extra": ""})
        ):
            continue
        found.add(requirement.name)
        waiting += distribution(requirement.name).requires or []
    return found


def files_at_the_top(package: Distribution) -> set[Path]:
    """What a package has in site-packages."""
    parts = {file.parts[0] for file in package.files or () if not file.parts[0].startswith("..")}
    return {Path(str(package.locate_file(part))) for part in parts}


def test_the_oldest_python_is_the_one_that_tools_check() -> None:
    """Ruff and mypy refuse what Python 3.11 lacks; the metadata promise no older one."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    oldest = project["project"]["requires-python"].removeprefix(">=")
    assert project["tool"]["ruff"]["target-version"] == "py" + oldest.replace(".", "")
    assert project["tool"]["mypy"]["python_version"] == oldest
    assert f"Programming Language :: Python :: {oldest}" in project["project"]["classifiers"]


def test_the_extras_are_named_where_installation_is_explained() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    readme = (ROOT / "README.md").read_text("utf-8")
    for extra in project["project"]["optional-dependencies"]:
        assert f"`{extra}`" in readme


def test_every_requirement_is_pinned() -> None:
    pins = {
        re.sub(r"[-_.]+", "-", line.split("==")[0]).lower()
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if line and not line.startswith("#")
    }
    project = (ROOT / "pyproject.toml").read_text()
    wanted = {name.lower() for name in re.findall(r'"([A-Za-z0-9-]+)>=[\d.]+"', project)}
    assert wanted <= pins
