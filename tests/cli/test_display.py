"""Colours, quiet commands, tables that fit a terminal, and the encoding of output."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from pathlib import Path

import pytest
from process import BAD, GOOD, shell

from archdsl.analyses.measures import MEASURES
from archdsl.backends.report.comparison import columns, compared
from archdsl.backends.report.record_table import as_text
from archdsl.backends.report.sheet import Sheet
from archdsl.backends.report.terminal_table import drawn
from archdsl.cli import terminal
from archdsl.cli.main import main
from tests.architectures.shipped import graph_of

NAMES = ("NO_COLOR", "FORCE_COLOR", "TERM", "PYTHONIOENCODING")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    monkeypatch.chdir(tmp_path)
    Path("good.arch").write_text(GOOD)
    Path("bad.arch").write_text(BAD)
    return tmp_path


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals")
@pytest.mark.parametrize(
    ("option", "variables", "on_terminal", "in_file"),
    [
        ("auto", {}, True, False),
        ("auto", {"TERM": "dumb"}, False, False),
        ("auto", {"NO_COLOR": "1"}, False, False),
        ("auto", {"NO_COLOR": ""}, True, False),
        ("auto", {"FORCE_COLOR": "1"}, True, True),
        ("auto", {"FORCE_COLOR": "1", "TERM": "dumb"}, True, True),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, False),
        ("always", {"NO_COLOR": "1"}, True, True),
        ("never", {"FORCE_COLOR": "1"}, False, False),
    ],
)
def test_the_option_then_variables_then_the_terminal_decide_about_colours(
    option: str,
    variables: dict[str, str],
    on_terminal: bool,
    in_file: bool,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    terminal.use(Namespace(color=option, quiet=False))
    controller, screen = os.openpty()
    with open(controller, "rb"), open(screen, "w") as shown, Path("file").open("w") as file:
        found = terminal.coloured(shown), terminal.coloured(file)
    terminal.use(Namespace(color="auto", quiet=False))
    assert found == (on_terminal, in_file)


@pytest.mark.parametrize("command", ["check bad.arch", "summary bad.arch", "summary good.arch"])
def test_colours_reach_messages_and_tables(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(command.split())
    assert "\033[" not in "".join(capsys.readouterr())
    main([*command.split(), "--color", "always"])
    assert "\033[" in "".join(capsys.readouterr())


@pytest.mark.parametrize("command", ["check good.arch", "compile good.arch -o out", "render -q"])
def test_a_quiet_command_prints_no_remarks(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = command.replace("render -q", "render good.arch --mermaid -o x.mmd").split()
    assert main(words) == 0
    assert "".join(capsys.readouterr())
    assert main([*words, "--quiet"]) == 0
    assert "".join(capsys.readouterr()) == ""


def test_a_quiet_command_prints_mistakes_and_results(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "-q", "bad.arch"]) == 1
    assert "strid" in capsys.readouterr().out
    assert main(["summary", "-q", "good.arch"]) == 0
    assert "conv" in capsys.readouterr().out


@pytest.mark.parametrize("width", [20, 60, 80, 120, 200])
def test_a_comparison_fits_the_terminal_and_shows_every_number(width: int) -> None:
    records = [compared(graph_of(name), name).record for name in ("lenet5", "resnet18")]
    shown = columns(tuple(MEASURES))
    whole, split = as_text(shown, records), as_text(shown, records, width)
    assert sorted(set(split.split())) == sorted(set(whole.split()))
    titles = [line for line in split.splitlines() if line.startswith("network")]
    assert split.count("lenet5") == len(titles)
    least = max(len(f"resnet18  3x224x224  {column.title}") for column in shown)
    assert max(map(len, split.splitlines())) <= max(width, least)


def test_names_of_layers_are_folded_at_dots() -> None:
    pieces = ("Mixed_5b.", "branch3x3dbl_1.", "branch_pool.", "conv")
    path = "".join(pieces)
    sheet = Sheet("net", ("layer", "ops", "MB"), ((path, "pool", "1.00"),), (("", "", ""),))
    wide, narrow = drawn([sheet], 100), drawn([sheet], 40)
    assert path in wide
    assert max(map(len, narrow.splitlines())) <= 40
    words = [word for line in narrow.splitlines() for word in line.split()]
    assert path not in words
    assert "".join(word for word in words if word in _runs(pieces)) == path


def _runs(pieces: tuple[str, ...]) -> set[str]:
    """All texts of consecutive pieces."""
    ends = range(len(pieces) + 1)
    return {"".join(pieces[first:last]) for first in ends for last in ends if first < last}


@pytest.mark.skipif(sys.platform == "win32", reason="bash")
def test_piped_output_is_utf_8_in_every_locale() -> None:
    plain = "LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0"
    shown = shell(f"{plain} archdsl help check; {plain} archdsl check bad.arch", encoding="utf-8")
    assert "`-`" in shown.stdout
    assert "NAME,…" in shell(f"{plain} archdsl help summary", encoding="utf-8").stdout


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals")
def test_a_page_is_rendered_on_a_terminal_only() -> None:
    code = (
        "import pty, sys; pty.spawn([sys.executable, '-m', 'archdsl', 'explain', 'A301',"
        " '--color', 'never'])"
    )
    shown = shell(f'"{sys.executable}" -c "{code}" < /dev/null').stdout
    assert "A301: branches with different shapes" in shown
    assert not any(mark in shown for mark in ("# ", "```", "`add`"))
    assert "```arch fails" in shell("archdsl explain A301").stdout
