"""Parsing of text into a syntax tree, definition by definition, to find all mistakes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import Any

from lark import Lark, Token, UnexpectedCharacters, UnexpectedToken

from archdsl.diagnostics import Diagnostic, Rejected, Reported, Sink, Source, Span, syntax_errors
from archdsl.syntax import ast, common_mistakes
from archdsl.syntax.build import Build, doc_at_head
from archdsl.syntax.excerpt import Excerpt, reading
from archdsl.syntax.line_ends import LineEnds
from archdsl.syntax.tables import parser

MOST_BYTES = 8_000_000
_building = Lock()  # threads build the parser once
TOO_LARGE = syntax_errors.too_many_words(0).code
STARTS = ("from", "let", "default", "block", "inline", "network", "expect")
DEFINITION = re.compile(rf"^(?=(?:{'|'.join(STARTS)})\b)", re.MULTILINE)
DEFINED = re.compile(
    r"^(?:let|(?:inline\s+)?block|network)\s+([A-Za-z]\w*)|^from\b.*\bimport\b(.*)"
)
NUMBER = re.compile(r"[0-9][A-Za-z0-9_]{0,40}")
CARRIAGE_RETURN = re.compile(r"\r(?!\n)")
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


def decode(name: str, data: bytes) -> Source:
    """Decode bytes into a source; raise `Rejected` if they are not UTF-8 or too many."""
    if len(data) > MOST_BYTES:
        empty = Source(name, "")
        raise Rejected(syntax_errors.too_large(len(data), MOST_BYTES).at(Span(empty, 0, 0)))
    try:
        return Source(name, data.decode("utf-8-sig"), data)
    except UnicodeDecodeError as error:
        readable = Source(name, data[: error.start].decode("utf-8-sig"))
        end = len(readable.text)
        raise Rejected(syntax_errors.not_text(error.start).at(Span(readable, end, end))) from None


def parse(source: Source, sink: Sink) -> ast.File:
    """Parse a file into a syntax tree.

    Definitions with syntax errors are reported and left out; their names are in `broken`.
    """
    whole = Span(source, 0, len(source.text))
    broken: dict[str, Reported] = {}
    try:
        definitions = _definitions(source, 0, source.text)
    except Rejected as rejected:
        if rejected.diagnostic.code == TOO_LARGE:
            sink.add(rejected.diagnostic)
            return ast.File(whole, (), {}, "")
        definitions = []
        for offset, text in _pieces(source.text):
            try:
                definitions += _definitions(source, offset, text)
            except Rejected as rejected:
                reported = sink.add(rejected.diagnostic)
                broken |= dict.fromkeys(_names_defined(text), reported)
    alone = CARRIAGE_RETURN.search(source.text)
    if not definitions and not sink and alone:
        sink.add(_strange(source, alone.start()))
    if not definitions and not sink:
        sink.add(syntax_errors.empty_file().at(Span(source, 0, 0)))
    return ast.File(whole, tuple(definitions), broken, doc_at_head(source))


def parse_expression(text: str, name: str) -> ast.Expr:
    """Parse a single expression, as on the command line; raise `Rejected` if it is not one."""
    source = Source(name, text)
    expression: ast.Expr = _run(source, 0, text, "expr")
    return expression


def _definitions(source: Source, offset: int, text: str) -> list[ast.Definition]:
    return list(_run(source, offset, text, "start"))


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """Split the text before each line that begins a definition."""
    cuts = [match.start() for match in DEFINITION.finditer(text)]
    bounds = [0, *(cut for cut in cuts if cut > 0), len(text)]
    for start, end in pairwise(bounds):
        if text[start:end].strip():
            yield start, text[start:end]


def _names_defined(text: str) -> set[str]:
    match = DEFINED.match(text)
    if not match:
        return set()
    return set(re.findall(r"[A-Za-z]\w*", match[1] or match[2] or ""))


def _machine() -> Lark:
    """The parser, which all threads share; the data of a call is in its `Excerpt`."""
    with _building:
        return _built()


@cache
def _built() -> Lark:
    return parser(Build(_parse_inner), LineEnds())


def _run(source: Source, offset: int, text: str, start: str) -> Any:
    try:
        with reading(Excerpt(source, offset)):
            return _machine().parse(text, start=start)
    except UnexpectedToken as error:
        raise Rejected(_unexpected(source, offset, text, error)) from None
    except UnexpectedCharacters as error:
        at = offset + (error.pos_in_stream or 0)
        raise Rejected(_strange(source, at)) from None


def _strange(source: Source, at: int) -> Diagnostic:
    """The message for a character that no token begins with."""
    number = NUMBER.match(source.text, at)
    if number and number[0].isascii() and len(number[0]) > 1:
        return syntax_errors.strange_number(number[0]).at(Span(source, at, number.end()))
    return syntax_errors.strange_character(source.text[at]).at(Span(source, at, at + 1))


def _parse_inner(source: Source, offset: int, text: str) -> ast.Expr:
    expression: ast.Expr = _run(source, offset, text, "expr")
    return expression


def _unexpected(source: Source, offset: int, text: str, error: UnexpectedToken) -> Diagnostic:
    token = error.token
    expected = {_wording(name) for name in (error.accepts or error.expected)}
    if token.type == "$END":
        end = offset + (token.end_pos or 0)
        return syntax_errors.unexpected_end(expected).at(Span(source, max(end - 1, 0), end))
    start = offset + (token.start_pos or 0)
    span = Span(source, start, start + max(len(token.rstrip()), 1))
    before, after = source.text[max(start - 300, 0) : start], source.text[start : start + 100]
    near = common_mistakes.advice(before, after, str(token), "->" in expected)
    return _reason(token, error, expected, near).at(span)


def _reason(
    token: Token, error: UnexpectedToken, expected: set[str], near: str | None
) -> Diagnostic:
    word = str(token)
    keyword = token.type.isupper() and word.isalpha() and token.type == word.upper()
    if keyword and "NAME" in error.expected and not near:
        return syntax_errors.reserved(word)
    if _at_top_level(error) and token.type in ("NAME", "LABEL"):
        return syntax_errors.unknown_start(word, STARTS, common_mistakes.STARTS.get(word))
    if common_mistakes.comma_missing(token.type, expected) and not near:
        return syntax_errors.missing_comma(word)
    shown = "a line end" if token.type == "_NL" else word
    return syntax_errors.unexpected(shown, expected, near)


def _at_top_level(error: UnexpectedToken) -> bool:
    return "NETWORK" in error.expected and "BLOCK" in error.expected


def _wording(terminal: str) -> str:
    if terminal in WORDS:
        return WORDS[terminal]
    pattern = next((t.pattern for t in _machine().terminals if t.name == terminal), None)
    return pattern.value if pattern is not None and pattern.type == "str" else terminal


def read(path: Path) -> bytes:
    """Read the bytes of a file, up to one more than the limit."""
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)
