"""The word at a place, and what names mean in a document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from archdsl.diagnostics import Sink, Span
from archdsl.server.snapshot import Snapshot, imported
from archdsl.syntax import ast
from archdsl.syntax.parse import parse

WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
CALL = re.compile(r"([A-Za-z][A-Za-z0-9_]*)$")
Named = ast.Block | ast.Network | ast.Variant | ast.Let


def word_at(text: str, offset: int) -> tuple[str, int, int] | None:
    """Return the name that an offset is in or behind, with its start and end."""
    start = offset
    while start > 0 and (text[start - 1].isalnum() or text[start - 1] == "_"):
        start -= 1
    found = WORD.match(text, start)
    return (found[0], found.start(), found.end()) if found and found.end() >= offset else None


def call_around(text: str, offset: int) -> str | None:
    """Return the name of the call between whose brackets an offset is."""
    depth = 0
    for place in range(offset - 1, max(offset - 2_000, -1), -1):
        char = text[place]
        if char in ")]}":
            depth += 1
        elif char in "([{" and depth:
            depth -= 1
        elif char == "(":
            found = CALL.search(text, max(place - 100, 0), place)
            return found[1] if found else None
        elif char in "[{":
            return None
    return None


def defined(file: ast.File) -> Iterator[Named]:
    """Yield the definitions of a file that have a name."""
    for each in file.definitions:
        if isinstance(each, (ast.Block, ast.Network, ast.Variant, ast.Let)):
            yield each


def definition_of(snapshot: Snapshot, name: str, opened: Mapping[str, str]) -> Named | None:
    """Return the definition of a name, in the document or in a file that it imports."""
    for each in defined(snapshot.file):
        if each.name.id == name:
            return each
    for line in snapshot.file.definitions:
        if isinstance(line, ast.Import) and any(each.id == name for each in line.names):
            source = imported(snapshot, opened, line.module.id)
            if source is not None:
                found = defined(parse(source, Sink()))
                return next((each for each in found if each.name.id == name), None)
    return None


def head_of(definition: Named) -> str:
    """Return the text of a definition before its body."""
    span: Span = definition.span
    if isinstance(definition, (ast.Block, ast.Network)):
        return span.source.text[span.start : definition.body.span.start].rstrip()
    return span.text
