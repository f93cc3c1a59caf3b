"""`--watch`: a real process that runs again when a file changes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archdsl.cli.main import main

PATIENCE = 60.0  # seconds until a run that does not come is a failure
GOOD = "network net { input 3x8x8 -> conv(3x3, 4) }\n"


def wait_for(what: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end, "nothing has happened"
        time.sleep(0.05)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start a command whose output goes to `out`; it is ended after the test."""
    running: list[subprocess.Popen[bytes]] = []

    def started(*words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "archdsl", *words]
        environment = os.environ | {"PYTHONUNBUFFERED": "1"}
        with (tmp_path / "out").open("wb") as out:
            process = subprocess.Popen(
                command, cwd=tmp_path, stdout=out, stderr=subprocess.STDOUT, env=environment
            )
        running.append(process)
        return process

    yield started
    for process in running:
        process.kill()
        process.wait()


def test_a_check_runs_again_until_it_is_interrupted(
    tmp_path: Path, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    out = tmp_path / "out"
    (tmp_path / "parts.arch").write_text("block part(n) { conv(3x3, n) }\n", "utf-8")
    text = "from parts import part\nnetwork net { input 3x8x8 -> part(4) }\n"
    (tmp_path / "net.arch").write_text(text, "utf-8")
    process = start("check", "net.arch", "--watch")
    wait_for(lambda: "no mistakes in 1 file" in out.read_text("utf-8"))
    (tmp_path / "parts.arch").write_text("block other(n) { conv(3x3, n) }\n", "utf-8")
    wait_for(lambda: "1 mistake in 1 file" in out.read_text("utf-8"))
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 130
    assert "Traceback" not in out.read_text("utf-8")


def test_a_compile_keeps_its_last_good_file(
    tmp_path: Path, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    made, out = tmp_path / "made" / "net.py", tmp_path / "out"
    (tmp_path / "net.arch").write_text(GOOD, "utf-8")
    start("compile", "net.arch", "-o", "made", "--watch")
    wait_for(made.exists)
    before = made.read_text("utf-8")
    (tmp_path / "net.arch").write_text(GOOD.replace("conv", "convv"), "utf-8")
    wait_for(lambda: "convv" in out.read_text("utf-8"))
    assert made.read_text("utf-8") == before
    (tmp_path / "net.arch").write_text(GOOD.replace("4)", "5)"), "utf-8")
    wait_for(lambda: made.read_text("utf-8") != before)
    assert "nn.Conv2d(3, 5," in made.read_text("utf-8")


def test_what_cannot_change_is_not_watched(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "resnet50", "--watch"]) == 2
    assert "--watch needs a file or a folder" in capsys.readouterr().err
