"""Diagnostics: data, wording and output."""

from archdsl.diagnostics.diagnostic import (
    CannotRun,
    Diagnostic,
    Fix,
    Frame,
    Note,
    Poisoned,
    Rejected,
    Reported,
    SinkFull,
    UsageError,
)
from archdsl.diagnostics.sink import Sink
from archdsl.diagnostics.source import Position, Source, Span

__all__ = [
    "CannotRun",
    "Diagnostic",
    "Fix",
    "Frame",
    "Note",
    "Poisoned",
    "Position",
    "Rejected",
    "Reported",
    "Sink",
    "SinkFull",
    "Source",
    "Span",
    "UsageError",
]
