"""`archdsl explain`: the pages of the codes."""

from __future__ import annotations

import pytest

from archdsl.cli.main import main
from archdsl.diagnostics import pages


def test_a_code_prints_its_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "a301"]) == 0
    assert capsys.readouterr().out.strip() == (pages.page("A301") or "").strip()


def test_without_a_code_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[:4] for line in lines] == pages.codes()
    assert "A301  branches with different shapes" in lines


@pytest.mark.parametrize("code", ["A999", "A30", "../A301", "B301", ""])
def test_an_unknown_code_is_wrong_usage(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", code]) == 2
    assert "there is no code" in capsys.readouterr().err
