"""Commands that take long: processes, rows as they come, interrupts and progress."""

from __future__ import annotations

import csv
import io
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from process import SECONDS, shell

from archdsl.cli import progress as bars
from archdsl.cli.main import main
from archdsl.cli.parallel import mapped

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="fork, /proc")
WIDTHS = """network net(c = 8) {
    input 4x8x8 -> conv(3x3, c, groups=2, bias=false)
    expect params <= 600
}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    monkeypatch.chdir(tmp_path)
    Path("net.arch").write_text(WIDTHS)
    return tmp_path


@pytest.mark.parametrize("options", ["--format csv", "--where 'c > 20' --sort=-params"])
def test_two_processes_find_what_one_finds(options: str) -> None:
    """Odd widths are mistakes, and wide ones break the fact: both are rows as any other."""
    command = f"archdsl sweep net.arch --set c=1..40 {options} --jobs"
    one, two = shell(f"{command} 1"), shell(f"{command} 2")
    assert (two.returncode, two.stdout, two.stderr) == (one.returncode, one.stdout, one.stderr)
    assert one.returncode == 0
    assert "A501" in one.stdout


def test_a_sweep_of_mistakes_prints_no_row() -> None:
    done = shell("archdsl sweep net.arch --set c=" + "3," * 20 + "5 --format csv --jobs 2")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("error[") == 1


def fails(number: int) -> int:
    if number == 5:
        raise ValueError("five")
    return number


def ends(number: int) -> int:
    if number == 5:
        os._exit(1)
    return number


def run(code: str) -> subprocess.CompletedProcess[str]:
    """Run code that forks in a process without the threads of this one."""
    begin = "from archdsl.cli.parallel import mapped\nfrom test_long_commands import *\n"
    begin += "from archdsl.diagnostics import CannotRun\n"
    return subprocess.run(
        [sys.executable, "-c", begin + code],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env={**os.environ, "PYTHONPATH": f"{os.environ['PYTHONPATH']}:{Path(__file__).parent}"},
    )


def test_an_exception_of_a_process_is_raised_with_its_place() -> None:
    done = run("list(mapped(fails, range(20), 2))")
    assert "ValueError: five" in done.stderr
    assert "in fails" in done.stderr


def test_a_process_that_ends_is_one_message() -> None:
    done = run("try: list(mapped(ends, range(20), 2))\nexcept CannotRun as error: print(error)")
    assert done.stdout.startswith("a process ended early")


def test_few_items_need_no_process() -> None:
    assert list(mapped(lambda number: (os.getpid(), number), range(3), 4)) == [
        (os.getpid(), number) for number in range(3)
    ]


@pytest.mark.parametrize("jobs", ["0", "x", "999", "²"])
def test_an_impossible_number_of_processes_is_wrong_usage(
    jobs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["sweep", "net.arch", "--set", "c=2", "--jobs", jobs])
    assert "is not a number of processes" in capsys.readouterr().err


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupt_ends_a_sweep_with_the_rows_so_far(jobs: str) -> None:
    """Rows come while others are computed: the first is there long before the ten thousandth."""
    words = ["sweep", "net.arch", "--set", "c=2..20000/2", "--format", "csv", "--jobs", jobs]
    with subprocess.Popen(
        [sys.executable, "-m", "archdsl", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = [process.stdout.readline() for _ in range(3)]
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the whole group
        rest, err = process.stdout.read(), process.stderr.read()
        assert process.wait(SECONDS) == 130
    rows = list(csv.DictReader(io.StringIO("".join(first) + rest)))
    assert [row["c"] for row in rows] == [str(2 * n) for n in range(1, len(rows) + 1)]
    found = re.fullmatch(r"archdsl: interrupted: ([\d,]+) of 10,000 variants\n", err)
    assert found
    assert int(found[1].replace(",", "")) - len(rows) in (0, 1)  # the last may not be printed


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("term", ["xterm", "dumb"])
def test_progress_is_shown_on_a_terminal(term: str, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(bars, "PATIENCE", -1.0)
    monkeypatch.setenv("TERM", term)
    assert list(bars.progress(range(5), 5, "networks")) == list(range(5))
    assert ("networks" in terminal.getvalue()) == (term == "xterm")
    assert ("4/5" in terminal.getvalue()) == (term == "xterm")


def test_progress_is_for_nobody_who_reads_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bars, "PATIENCE", -1.0)
    assert list(bars.progress(range(5), 5, "networks")) == list(range(5))
    assert capsys.readouterr().err == ""
