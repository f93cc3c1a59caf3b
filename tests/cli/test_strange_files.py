"""Files that commands cannot read or write: one message, the right code, nothing half-written."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from process import GOOD, SECONDS

from archdsl.cli.main import main

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits and names of Linux")
LONG = "x" * 5_000  # longer than any file system allows
READING = (
    "check {}",
    "fmt {}",
    "compile {}",
    "summary {}",
    "compare good.arch {}",
    "sweep --set c=1 {}",
    "diff good.arch {}",
    "pack good.pt -o good.adsl --network {}",
    "unpack {} -o good.pt",
    "profile good.arch --device {}.toml",
    "check good.arch --plugin {}",
    "compare good.arch --results {}.csv",
)
WRITING = (
    "compile good.arch -o {}",
    "render good.arch -o {}.svg",
    "compare good.arch --plot {}.svg",
    "sweep good.arch --set c=1 --emit {}.arch",
    "new net -o {}.arch",
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    monkeypatch.chdir(tmp_path)
    Path("good.arch").write_text(GOOD)
    return tmp_path


@pytest.mark.parametrize("command", [*READING, *WRITING])
def test_a_name_that_is_too_long_is_one_message(
    command: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([word.format(LONG) for word in command.split()]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("archdsl: ")
    assert captured.err.count("\n") == 1
    assert [path.name for path in folder.iterdir()] == ["good.arch"]


def test_a_circle_of_links_is_no_plugin(capsys: pytest.CaptureFixture[str]) -> None:
    Path("circle.py").symlink_to("circle.py")
    assert main(["check", "good.arch", "--plugin", "circle.py"]) == 2
    assert "the plugin 'circle.py' cannot be read" in capsys.readouterr().err


def test_of_a_file_that_pack_did_not_write_only_the_beginning_is_read(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["unpack", "/dev/zero", "-o", "weights.pt"]) == 2
    assert "was not written by `archdsl pack`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("without", "command", "advice"),
    [
        ("torch", "unpack good.adsl -o w.pt", "pip install 'archdsl[torch]'"),
        ("torch", "pack w.pt --network good.arch -o w.adsl", "pip install 'archdsl[torch]'"),
    ],
)
def test_a_package_that_is_missing_is_named(without: str, command: str, advice: str) -> None:
    code = f"import sys; sys.modules[{without!r}] = None\nfrom archdsl.cli.main import main\n"
    code += f"sys.exit(main({command.split()!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("archdsl: ")
    assert done.stderr.endswith(f" needs {without}: {advice}\n")


@pytest.mark.parametrize("name", [b"\xff.arch", b"\x1b[31m.arch", b"two\nlines.arch"])
def test_a_strange_name_neither_stops_nor_controls_the_terminal(
    name: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    path = "./" + os.fsdecode(name)
    Path(path).write_text(GOOD)
    for command in ("check", "summary", "compile", "compile --check", "render"):
        assert main([*command.split(), path]) == 0
    assert main(["compare", path, "good.arch"]) == 0
    assert main(["new", "net", "-o", f"{path}.new.arch"]) == 0
    captured = capfd.readouterr()
    assert "\x1b" not in captured.out + captured.err
    assert "two\nlines" not in captured.out + captured.err


# ------------------------------------------------------------------ full disks, two runs


def started(command: str, most: int = -1) -> subprocess.Popen[str]:
    """Start a command that may write files of at most some bytes."""

    def limit() -> None:
        if most >= 0:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    return subprocess.Popen(
        [sys.executable, "-m", "archdsl", *command.split()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=limit,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},  # limited too, it would be cut off
    )


@pytest.mark.parametrize("command", ["compile resnet18 -o out", "render good.arch -o out.svg"])
def test_a_full_disk_is_one_message_and_leaves_no_file(command: str, folder: Path) -> None:
    process = started(command, most=400)
    out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out) == (2, "")
    assert err.startswith("archdsl: cannot write 'out")
    assert err.endswith(": File too large\n")
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["good.arch"]


def test_two_runs_into_one_folder_both_write_whole_files() -> None:
    runs = [started("compile resnet18 good.arch -o out") for _ in range(2)]
    for run in runs:
        _, err = run.communicate(timeout=SECONDS)
        assert (run.returncode, err) == (0, "")
    assert {path.name for path in Path("out").iterdir()} == {"resnet18.py", "good.py"}
    assert main(["compile", "resnet18", "good.arch", "-o", "out", "--check"]) == 0
