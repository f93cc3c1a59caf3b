"""The words and patterns of the language, each with what it is; the first that matches counts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from archdsl.elaboration.functions import FUNCTIONS
from archdsl.ops import BUILT_IN
from archdsl.syntax.tables import load_tables

CONSTANTS = ("true", "false")
WORD_OPERATORS = ("and", "or", "not", "in")
DEFINING = ("block", "network", "let")


@dataclass(frozen=True)
class Pattern:
    """A regular expression, and what the text of each of its groups is; of the whole, `kinds[0]`.

    It is written in what Python's expressions and TextMate's have in common.
    """

    regex: str
    kinds: tuple[str, ...]


def patterns() -> Iterator[Pattern]:
    """Yield the patterns in order."""
    word = r"[A-Za-z][A-Za-z0-9_]*"
    inside = r'\{[^{}\n"]*\}'
    end = r"(?![A-Za-z0-9_])"
    yield Pattern(r"#[^\n]*", ("comment",))
    yield Pattern(r'"[^"\n\\]*"', ("string",))
    yield Pattern(rf"\b({_any(DEFINING)})([ \t]+)({word})", ("", "keyword", "", "definition"))
    yield Pattern(rf"{word}(?:{inside}[A-Za-z0-9_]*)*(?=[ \t]*:)", ("label",))
    yield Pattern(
        rf"@{word}(?:{inside}[A-Za-z0-9_]*)*(?:\.(?:[A-Za-z0-9_]|{inside})+)*", ("reference",)
    )
    yield Pattern(rf"[0-9]+(?:x[0-9]+)+{end}", ("size",))
    yield Pattern(rf"[0-9][0-9_]*(?:\.[0-9]+(?:[eE][+-]?[0-9]+)?|[eE][+-]?[0-9]+){end}", ("float",))
    yield Pattern(rf"[0-9][0-9_]*{end}", ("integer",))
    yield Pattern(rf"\bon[ \t]+devices{end}", ("keyword",))
    yield Pattern(rf"{word}(?=[ \t]*=(?!=))", ("argument",))
    yield Pattern(rf"\b(?:{_any(CONSTANTS)}){end}", ("constant",))
    yield Pattern(rf"\b(?:{_any(WORD_OPERATORS)}){end}", ("word operator",))
    yield Pattern(rf"\b(?:{_any(keywords())}){end}", ("keyword",))
    yield Pattern(rf"\b(?:{_any(FUNCTIONS)}){end}(?=[ \t]*\()", ("function",))
    yield Pattern(rf"\b(?:{_any(BUILT_IN)}){end}", ("op",))
    yield Pattern(word, ("name",))
    yield Pattern(r"->|==|!=|<=|>=|//|\*\*|[-+*/%<>=|]", ("operator",))
    yield Pattern(r"[()\[\]{},.:]", ("punctuation",))


def keywords() -> list[str]:
    """Return the words that the grammar gives a meaning, except operators and constants."""
    others = {*CONSTANTS, *WORD_OPERATORS}
    return sorted(word for word in load_tables().keywords if word not in others)


def _any(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(words)))
