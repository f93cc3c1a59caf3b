"""Diagnostics as JSON, with the stable field names of ruff's JSON."""

from __future__ import annotations

from typing import Any

from archdsl.diagnostics.diagnostic import Diagnostic, Fix
from archdsl.diagnostics.source import Position, Span


def to_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """Convert one message for `--format json`; rows and columns count from 1.

    ruff's fields are `code`, `message`, `filename`, `location`, `end_location` and `fix`; beside
    them are the `severity`, `help`, `notes` and the `chain` of calls, innermost first.
    """
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        **_place(diagnostic.span),
        "fix": _fix(diagnostic.fix),
        "help": diagnostic.help,
        "notes": [{"message": note.text, **_place(note.span)} for note in diagnostic.notes],
        "chain": [{"name": frame.name, **_place(frame.span)} for frame in diagnostic.chain],
    }


def _place(span: Span | None) -> dict[str, Any]:
    if span is None:
        return {"filename": None, "location": None, "end_location": None}
    return {
        "filename": span.source.name,
        "location": _position(span.begins),
        "end_location": _position(span.ends),
    }


def _position(position: Position) -> dict[str, int]:
    return {"row": position.line, "column": position.column}


def _fix(fix: Fix | None) -> dict[str, Any] | None:
    """The edit that fixes the mistake; unsafe if only the author can decide."""
    if fix is None:
        return None
    edit = {
        "content": fix.replacement,
        "location": _position(fix.span.begins),
        "end_location": _position(fix.span.ends),
    }
    return {
        "message": fix.message,
        "applicability": "safe" if fix.safe else "unsafe",
        "edits": [edit],
    }
