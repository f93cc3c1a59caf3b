"""Highlighters see what the compiler sees: keywords, numbers, texts, comments, labels."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path

import pytest
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, String, Text

from archdsl.highlighting.patterns import patterns
from archdsl.highlighting.textmate import grammar
from archdsl.resources import resource
from archdsl.syntax.tables import load_tables
from archdsl.syntax.tokens import StrangeText, read_tokens

ROOT = Path(__file__).parents[2]
VSCODE = ROOT / "editors" / "vscode"
FILES = [
    *sorted(resource("architectures").glob("*.arch")),
    *sorted((ROOT / "tests/cases").glob("*.arch")),
]
EXPECTED = {
    "COMMENT": Comment.Single,
    "STRING": String.Double,
    "SIZE": Number,
    "FLOAT": Number.Float,
    "INTEGER": Number.Integer,
    "LABEL": Name.Label,
    "REFERENCE": Name.Variable,
    "TRUE": Keyword.Constant,
    "FALSE": Keyword.Constant,
    "AND": Operator.Word,
    "OR": Operator.Word,
    "NOT": Operator.Word,
    "ON_DEVICES": Keyword,
}


def test_pygments_finds_the_lexer_by_its_name_and_by_files() -> None:
    assert get_lexer_by_name("arch").name == get_lexer_for_filename("resnet.arch").name == "arch"


def test_each_token_of_the_compiler_has_its_colour() -> None:
    lexer, tables = get_lexer_by_name("arch", stripnl=False, ensurenl=False), load_tables()
    seen: dict[str, int] = defaultdict(int)
    for path in FILES:
        text = path.read_text("utf-8")
        try:
            tokens = list(read_tokens(text, 0, tables, comments=True))
        except StrangeText:
            continue  # a case of text that is no token
        if "\r" in text or path.stem == "keyword_as_a_name":
            continue  # Pygments makes line ends of the first; the second names a block so
        found = list(lexer.get_tokens_unprocessed(text))
        assert "".join(value for _, _, value in found) == text
        assert not {kind for _, kind, _ in found} & {Error, Text}, path
        kinds = {start: kind for start, kind, _ in found}
        for token in tokens:
            if token.kind in EXPECTED:
                assert kinds[token.start] is EXPECTED[token.kind], (path, token, token.start)
                seen[token.kind] += 1
            elif token in tables.keywords and token != "in":
                assert kinds[token.start] in (Keyword, Name.Attribute), (path, token, token.start)
                seen["keyword"] += 1
    assert set(seen) == {*EXPECTED, "keyword"}


def test_the_grammar_of_editors_is_that_of_the_words() -> None:
    """`python -m archdsl.highlighting editors/vscode/syntaxes/arch.tmLanguage.json` writes it."""
    committed = VSCODE / "syntaxes" / "arch.tmLanguage.json"
    assert json.loads(committed.read_text("utf-8")) == grammar()


def test_patterns_have_as_many_kinds_as_groups() -> None:
    for pattern in patterns():
        assert len(pattern.kinds) == re.compile(pattern.regex).groups + 1


@pytest.mark.parametrize("name", ["package.json", "language-configuration.json"])
def test_the_files_of_the_extension_exist(name: str) -> None:
    data = json.loads((VSCODE / name).read_text("utf-8"))
    paths = re.findall(r'"\./([^"]+)"', json.dumps(data))
    assert all((VSCODE / path).is_file() for path in paths)
