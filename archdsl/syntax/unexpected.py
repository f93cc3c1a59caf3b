"""Messages for tokens that cannot follow the ones before. Imported only after such a mistake."""

from __future__ import annotations

from archdsl.diagnostics import Diagnostic, Source, Span, syntax_errors
from archdsl.syntax import common_mistakes
from archdsl.syntax.automaton import UnexpectedToken
from archdsl.syntax.tables import Tables
from archdsl.syntax.tokens import END, Token

DEFINITIONS = ("from", "let", "default", "block", "inline", "network", "expect")
WORDS = {
    "NAME": "a name",
    "LABEL": "a label",
    "REFERENCE": "@a reference",
    "INTEGER": "a number",
    "FLOAT": "a number",
    "SIZE": "a size",
    "STRING": '"a string"',
    "_NL": "a line end",
    "COMPARE": "==",
    "$END": "the end of the file",
}


def describe(source: Source, offset: int, error: UnexpectedToken, tables: Tables) -> Diagnostic:
    """The message for a token that cannot follow; the text read begins at an offset."""
    token = error.token
    expected = {_wording(kind, tables) for kind in (error.accepted or error.possible)}
    if token.kind == END:
        end = max(token.start, offset)
        return syntax_errors.unexpected_end(expected).at(Span(source, max(end - 1, 0), end))
    start = token.start
    span = Span(source, start, start + max(len(token.rstrip()), 1))
    before, after = source.text[max(start - 300, 0) : start], source.text[start : start + 100]
    near = common_mistakes.advice(before, after, str(token), "->" in expected)
    return _reason(token, error, expected, near).at(span)


def _reason(
    token: Token, error: UnexpectedToken, expected: set[str], near: str | None
) -> Diagnostic:
    word = str(token)
    keyword = token.kind.isupper() and word.isalpha() and token.kind == word.upper()
    if keyword and "NAME" in error.possible and not near:
        return syntax_errors.reserved(word)
    if _at_top_level(error) and token.kind in ("NAME", "LABEL"):
        return syntax_errors.unknown_start(word, DEFINITIONS, common_mistakes.STARTS.get(word))
    if common_mistakes.comma_missing(token.kind, expected) and not near:
        return syntax_errors.missing_comma(word)
    shown = "a line end" if token.kind == "_NL" else word
    return syntax_errors.unexpected(shown, expected, near)


def _at_top_level(error: UnexpectedToken) -> bool:
    return "NETWORK" in error.possible and "BLOCK" in error.possible


def _wording(terminal: str, tables: Tables) -> str:
    if terminal in WORDS:
        return WORDS[terminal]
    return tables.words.get(terminal, terminal)
