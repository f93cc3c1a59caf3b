"""Messages as data: what they are, how they are worded, how they are drawn."""

from archdsl.diagnostics.record import (
    Diagnostic,
    Enough,
    Fix,
    Frame,
    Note,
    Rejected,
    Sink,
    Unusable,
)
from archdsl.diagnostics.source import Position, Source, Span

__all__ = [
    "Diagnostic",
    "Enough",
    "Fix",
    "Frame",
    "Note",
    "Position",
    "Rejected",
    "Sink",
    "Source",
    "Span",
    "Unusable",
]
