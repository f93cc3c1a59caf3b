"""Handling of closed, full or broken standard output and error."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from io import TextIOWrapper

LOST = 2  # the exit code where output could not be written
BROKEN = 141  # the code that shells report for SIGPIPE: the reader has closed the pipe


def prepare() -> None:
    """Make both streams usable; characters outside a stream's encoding are replaced.

    Files and pipes get UTF-8, whatever the locale, unless PYTHONIOENCODING is set.
    In Python a stream that was closed before the start is None, and the next file that is opened
    takes its number. A closed standard output is replaced by one that raises when written; text
    for a closed standard error is dropped.
    """
    if sys.stdout is None:
        sys.stdout = _reopened(1, os.O_RDONLY)
    if sys.stderr is None:
        sys.stderr = _reopened(2, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            fixed = "utf-8" if _is_for_programs(stream) else None
            stream.reconfigure(encoding=fixed, errors="replace")


def _is_for_programs(stream: TextIOWrapper) -> bool:
    """Whether a stream is a file or a pipe whose encoding the user has not chosen."""
    return not stream.isatty() and "PYTHONIOENCODING" not in os.environ


def is_lost_output(error: OSError) -> bool:
    """Whether an error comes from a stream; errors of files have a file name."""
    return error.filename is None


def lost(error: OSError) -> int:
    """Report lost output in one line and return the exit code.

    If the reader closed the pipe, print nothing.
    """
    code = BROKEN if isinstance(error, BrokenPipeError) else LOST
    _discard(sys.stdout)
    with suppress(OSError):
        if code == LOST:
            print(f"archdsl: cannot write the output: {error.strerror}", file=sys.stderr)
        sys.stderr.flush()
        return code
    _discard(sys.stderr)
    return code


def _discard(stream: object) -> None:
    """Drop a stream's buffer, which Python would else fail to flush at exit."""
    with suppress(OSError, ValueError, AttributeError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())  # type: ignore[attr-defined]
        os.close(null)


def _reopened(number: int, how: int) -> TextIOWrapper:
    null = os.open(os.devnull, how)
    if null != number:
        os.dup2(null, number)
        os.close(null)
    return open(number, "w", encoding="utf-8", closefd=False)
