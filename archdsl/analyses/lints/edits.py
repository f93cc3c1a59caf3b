"""Edits of the text around a layer, for the fixes of lints."""

from __future__ import annotations

import re
from dataclasses import replace

from archdsl.diagnostics import Fix, Span

SIZE = re.compile(r"\b\d+x\d+x\d+\b")
NEAR = 200  # characters around a layer that are looked at


def without(span: Span, argument: str = "") -> Fix | None:
    """Remove a layer from its chain; None where it has a label or is alone in a branch."""
    text = span.source.text
    before, after = text[max(span.start - NEAR, 0) : span.start], text[span.end : span.end + NEAR]
    message = f"remove `{span.text}`"
    if before.rstrip().endswith("->"):
        kept = before.rstrip().removesuffix("->").rstrip()
        return Fix(message, span._replace(start=span.start - len(before) + len(kept)), "", True)
    if before.rstrip().endswith(":"):
        return None
    if after.lstrip().startswith("->"):
        rest = after.lstrip().removeprefix("->").lstrip(" \t")
        return Fix(message, span._replace(end=span.end + len(after) - len(rest)), "", True)
    line = before.rpartition("\n")[2]
    if "\n" in before and not line.strip() and after.lstrip(" \t\r").startswith("\n"):
        end = span.end + after.index("\n") + 1
        return Fix(message, Span(span.source, span.start - len(line), end), "", True)
    return None


def removed(span: Span, argument: str = "") -> Fix | None:
    """Remove a layer that has an effect: as `without`, but not marked as safe."""
    fix = without(span)
    return fix and replace(fix, safe=False)


def with_argument(span: Span, argument: str) -> Fix | None:
    """Add a named argument to a call; None where the call sets it already."""
    name = argument.partition("=")[0]
    if name in span.text or "{" in span.text:
        return None
    if not span.text.endswith(")"):
        return Fix(f"add `{argument}`", Span(span.source, span.end, span.end), f"({argument})")
    inside = span.text[:-1].rstrip()
    comma = "" if inside.endswith("(") else " " if inside.endswith(",") else ", "
    end = Span(span.source, span.end - 1, span.end - 1)
    return Fix(f"add `{argument}`", end, f"{comma}{argument}")


def with_size(span: Span, size: str) -> Fix | None:
    """Replace the size of an input; None where the old one is not three plain numbers."""
    found = SIZE.search(span.text)
    if found is None:
        return None
    written = span._replace(start=span.start + found.start(), end=span.start + found.end())
    return Fix(f"write `{size}`", written, size)


def labelled(span: Span, label: str) -> Fix | None:
    """Make the automatic name of a layer its label, which keeps its keys."""
    start = Span(span.source, span.start, span.start)
    return Fix(f"label it `{label}`", start, f"{label}: ", True)
