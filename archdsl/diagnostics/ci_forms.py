"""Diagnostics in the formats of other tools: GitHub's annotations, SARIF, JUnit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

from archdsl.diagnostics.diagnostic import Diagnostic
from archdsl.diagnostics.source import Span
from archdsl.diagnostics.text_form import safe, to_text

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ESCAPED = {"%": "%25", "\r": "%0D", "\n": "%0A"}
IN_PROPERTIES = ESCAPED | {":": "%3A", ",": "%2C"}


def to_github(found: Sequence[Diagnostic]) -> Iterator[str]:
    """Yield the workflow commands that annotate the lines of a pull request."""
    for each in found:
        properties = []
        if each.span is not None:
            begins, ends = each.span.begins, each.span.ends
            properties = [("file", each.span.source.name), ("line", str(begins.line))]
            properties += [("endLine", str(ends.line))]
            if begins.line == ends.line:  # GitHub refuses columns of several lines
                properties += [("col", str(begins.column)), ("endColumn", str(ends.column))]
        properties.append(("title", f"archdsl {each.code}"))
        given = ",".join(f"{name}={_escaped(value, IN_PROPERTIES)}" for name, value in properties)
        help_text = f"\n{each.help}" if each.help else ""
        yield f"::{each.severity} {given}::{_escaped(each.message + help_text, ESCAPED)}"


def _escaped(text: str, table: dict[str, str]) -> str:
    return "".join(table.get(char, char) for char in text)


def to_sarif(found: Sequence[Diagnostic], version: str) -> dict[str, Any]:
    """Return a log of SARIF 2.1.0 with the messages as results of one run."""
    codes = list(dict.fromkeys(each.code for each in found))
    driver = {
        "name": "archdsl",
        "version": version,
        "rules": [{"id": code, "help": {"text": f"archdsl explain {code}"}} for code in codes],
    }
    results = [_result(each, codes.index(each.code)) for each in found]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(each: Diagnostic, rule: int) -> dict[str, Any]:
    text = each.message + (f"\n{each.help}" if each.help else "")
    result: dict[str, Any] = {
        "ruleId": each.code,
        "ruleIndex": rule,
        "level": each.severity,
        "message": {"text": text},
    }
    if each.span is not None:
        result["locations"] = [_location(each.span)]
    related = [(note.text, note.span) for note in each.notes if note.span is not None]
    related += [(f"in `{frame.name}`", frame.span) for frame in each.chain]
    if related:
        result["relatedLocations"] = [  # SARIF refuses equal ones: a block that calls itself
            {**_location(span), "message": {"text": text}} for text, span in dict.fromkeys(related)
        ]
    if each.fix is not None:
        replaced = {
            "deletedRegion": _region(each.fix.span),
            "insertedContent": {"text": each.fix.replacement},
        }
        change = {"artifactLocation": _artifact(each.fix.span), "replacements": [replaced]}
        result["fixes"] = [{"description": {"text": each.fix.message}, "artifactChanges": [change]}]
    return result


def _location(span: Span) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": _artifact(span), "region": _region(span)}}


def _artifact(span: Span) -> dict[str, str]:
    """Return the file as a URI: relative to where the command runs, unless its path is absolute."""
    path = Path(span.source.name)
    uri = path.as_uri() if path.is_absolute() else quote(PurePath(path).as_posix())
    return {"uri": uri}


def _region(span: Span) -> dict[str, int]:
    begins, ends = span.begins, span.ends
    return {
        "startLine": begins.line,
        "startColumn": begins.column,
        "endLine": ends.line,
        "endColumn": ends.column,
    }


def to_junit(found: Sequence[Diagnostic], files: Sequence[str]) -> str:
    """Return JUnit's XML: a failed test for each message, a passed one for each other file."""
    from xml.etree.ElementTree import Element, SubElement, indent, tostring

    places = [each.span.source.name if each.span is not None else "" for each in found]
    clean = [name for name in files if name not in places]
    tests, failures = str(len(found) + len(clean)), str(len(found))
    root = Element("testsuites", name="archdsl", tests=tests, failures=failures)
    suite = SubElement(root, "testsuite", name="archdsl", tests=tests, failures=failures)
    for each, name in zip(found, places, strict=True):
        at = f":{each.span.begins.line}:{each.span.begins.column}" if each.span is not None else ""
        case = SubElement(suite, "testcase", classname=safe(name), name=each.code + at)
        failure = SubElement(case, "failure", type=each.code, message=safe(each.message))
        failure.text = to_text(each)
    for name in clean:
        SubElement(suite, "testcase", classname=safe(name), name="no mistakes")
    indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode")
