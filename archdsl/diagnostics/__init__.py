"""Messages as data: what they are, how they are worded, how they are drawn."""

from archdsl.diagnostics.record import (
    Diagnostic,
    Enough,
    Fix,
    Frame,
    Note,
    Poisoned,
    Rejected,
    Reported,
    Unusable,
)
from archdsl.diagnostics.sink import Sink
from archdsl.diagnostics.source import Position, Source, Span

__all__ = [
    "Diagnostic",
    "Enough",
    "Fix",
    "Frame",
    "Note",
    "Poisoned",
    "Position",
    "Rejected",
    "Reported",
    "Sink",
    "Source",
    "Span",
    "Unusable",
]
