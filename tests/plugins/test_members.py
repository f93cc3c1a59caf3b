"""The page on plugins names every member that an op can have."""

from __future__ import annotations

import re
from pathlib import Path

from archdsl import ops
from archdsl.ops import Op

PAGE = Path(__file__).parents[2] / "docs" / "plugins.md"
CELL = re.compile(r"^\| ((?:`\w+(?:\([^`]*\))?`(?:, )?)+) \|", re.MULTILINE)
NAME = re.compile(r"`(\w+)")


def test_the_tables_have_every_member_once() -> None:
    named = [name for cell in CELL.findall(PAGE.read_text("utf-8")) for name in NAME.findall(cell)]
    members = {name for name in dir(Op) if not name.startswith("_")} | {"word"}
    assert sorted(named) == sorted(members)


def test_what_the_page_uses_can_be_imported_from_the_ops() -> None:
    used = {"Saved", "Buffer", "SavesNothing", "POINTWISE", "EVERYWHERE", "sliding", "Weight"}
    assert used <= set(ops.__all__)
