"""The page about comparisons shows what its commands print and what its chart is."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from archdsl.backends.report.comparison import MEASURED
from archdsl.cli.main import main

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "compare.md").read_text("utf-8")
CONSOLE = re.findall(r"^```console\n\$ archdsl ([^\n]*)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_every_command_is_shown() -> None:
    assert {command.split()[0] for command, _ in CONSOLE} == {"compare", "sweep", "diff"}


def test_the_chart_is_what_its_command_draws(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    [command] = re.findall(r"^archdsl (compare .* --plot docs/complexity.svg)$", PAGE, re.MULTILINE)
    path = tmp_path / "complexity.svg"
    assert main(shlex.split(command.replace("docs/complexity.svg", str(path)))) == 0
    capsys.readouterr()
    assert path.read_text("utf-8") == (DOCS / "complexity.svg").read_text("utf-8")


def test_every_column_is_explained() -> None:
    table = PAGE.partition("| column | meaning")[2].partition("\n\n")[0]
    first = " ".join(line.split("|")[1] for line in table.splitlines() if line.startswith("|"))
    assert set(re.findall(r"`(\w+)`", first)) == set(MEASURED)
