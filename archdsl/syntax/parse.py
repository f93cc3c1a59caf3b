"""Parsing of text into a syntax tree, definition by definition, to find all mistakes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from archdsl.diagnostics import Diagnostic, Rejected, Reported, Sink, Source, Span, syntax_errors
from archdsl.syntax import ast
from archdsl.syntax.automaton import UnexpectedToken, run
from archdsl.syntax.build import BodyRules, doc_at_head
from archdsl.syntax.build_expressions import ExpressionRules
from archdsl.syntax.build_places import Places
from archdsl.syntax.line_ends import drop_line_ends
from archdsl.syntax.tables import Tables, load_tables
from archdsl.syntax.tokens import StrangeText, read_tokens

MOST_BYTES = 8_000_000
TOO_LARGE = syntax_errors.too_many_words(0).code
STARTS = ("from", "let", "default", "block", "inline", "network", "expect")
DEFINITION = re.compile(rf"^(?=(?:{'|'.join(STARTS)})\b)", re.MULTILINE)
DEFINED = re.compile(
    r"^(?:let|(?:inline\s+)?block|network)\s+([A-Za-z]\w*)|^from\b.*\bimport\b(.*)"
)
NUMBER = re.compile(r"[0-9][A-Za-z0-9_]{0,40}")
CARRIAGE_RETURN = re.compile(r"\r(?!\n)")


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


def format_source(source: Source, sink: Sink) -> str:
    """Return the text of a file in the standard format; a file with mistakes keeps its text.

    Its syntax errors go to the sink.
    """
    parse(source, sink)
    if sink:
        return source.text
    from archdsl.syntax.format import format_text

    return format_text(source.text, _tables())


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


@cache
def _tables() -> Tables:
    """The parser's tables, which all threads share."""
    return load_tables()


def _run(source: Source, offset: int, text: str, start: str) -> Any:
    places = Places(source, _parse_inner)
    rules = (BodyRules(places), ExpressionRules(places))
    tokens = drop_line_ends(read_tokens(text, offset, _tables()), source)
    try:
        return run(_tables(), tokens, start, rules)
    except UnexpectedToken as error:
        from archdsl.syntax.unexpected import describe  # its patterns take a while to compile

        raise Rejected(describe(source, offset, error, _tables())) from None
    except StrangeText as error:
        raise Rejected(_strange(source, error.start)) from None


def _strange(source: Source, at: int) -> Diagnostic:
    """The message for a character that no token begins with."""
    number = NUMBER.match(source.text, at)
    if number and number[0].isascii() and len(number[0]) > 1:
        return syntax_errors.strange_number(number[0]).at(Span(source, at, number.end()))
    return syntax_errors.strange_character(source.text[at]).at(Span(source, at, at + 1))


def _parse_inner(source: Source, offset: int, text: str) -> ast.Expr:
    expression: ast.Expr = _run(source, offset, text, "expr")
    return expression


def read(path: Path) -> bytes:
    """Read the bytes of a file, up to one more than the limit."""
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)
