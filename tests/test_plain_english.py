"""Code and pages use plain words, and docstrings have one form.

A docstring begins with an imperative ("Return …") or a noun phrase ("A convolution whose …",
"Whether …" for what is true or false), and its first line ends a sentence.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.prose import ROOT, docstrings, pages

WORDS = re.compile(
    r"(?<![a-z])(told|said|mend(s|ed|ing)?|besides|nought|but for|stands|comes? of it|ways|of which"
    r"|such as are)(?![a-z])",
    re.IGNORECASE,
)
NO_NOUN = re.compile(
    r"(what|which|how|where|when|those|that|these|this|it|its|they|as|of|if|to|at|in|by)\b",
    re.IGNORECASE,
)
THIRD_PERSON = frozenset(
    [
        "Adds",
        "Aligns",
        "Answers",
        "Appends",
        "Applies",
        "Builds",
        "Cancels",
        "Checks",
        "Closes",
        "Collects",
        "Compiles",
        "Computes",
        "Converts",
        "Copies",
        "Counts",
        "Divides",
        "Does",
        "Draws",
        "Drops",
        "Evaluates",
        "Fills",
        "Finds",
        "Folds",
        "Fuses",
        "Gives",
        "Goes",
        "Has",
        "Holds",
        "Is",
        "Joins",
        "Keeps",
        "Lays",
        "Leaves",
        "Lets",
        "Lists",
        "Makes",
        "Merges",
        "Moves",
        "Multiplies",
        "Notes",
        "Parses",
        "Prints",
        "Puts",
        "Raises",
        "Reads",
        "Remembers",
        "Removes",
        "Reports",
        "Returns",
        "Rewrites",
        "Runs",
        "Sets",
        "Shows",
        "Skips",
        "Solves",
        "Splits",
        "Stands",
        "Sums",
        "Takes",
        "Tells",
        "Turns",
        "Uses",
        "Walks",
        "Writes",
        "Zeroes",
    ]
)
ROOMS = sorted(
    str(path.relative_to(ROOT))
    for pattern in ("archdsl/*", "archdsl/backends/*")
    for path in ROOT.glob(pattern)
    if path.name not in ("backends", "__pycache__") and (path.is_dir() or path.suffix == ".py")
)


def files_of(room: str) -> list[Path]:
    path = ROOT / room
    return sorted(path.rglob("*.py")) if path.is_dir() else [path]


def words(file: Path) -> list[str]:
    """The places of words that have a plainer one."""
    return [
        f"{file.relative_to(ROOT)}:{number}: {found[0]}"
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        for found in WORDS.finditer(line)
    ]


def forms(file: Path) -> list[str]:
    """The places of docstrings of another form."""
    return [
        f"{text.file}:{text.line}: {first}"
        for text in docstrings(file)
        for first in text.text.splitlines()[:1]
        if NO_NOUN.match(first)
        or first.split()[0] in THIRD_PERSON
        or not re.search(r"[.!?:]$", first)
    ]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_uses_plain_words_and_one_form(room: str) -> None:
    assert [place for file in files_of(room) for place in (*words(file), *forms(file))] == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
def test_a_page_uses_plain_words(page: Path) -> None:
    assert words(page) == []
