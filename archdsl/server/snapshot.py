"""A document at one moment: its text, its mistakes, and the graphs of its last text without any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archdsl import driver, files
from archdsl.diagnostics import Diagnostic, Rejected, Sink, Source
from archdsl.elaboration.modules import Library
from archdsl.ir import Graph
from archdsl.syntax import ast
from archdsl.syntax.parse import parse

LONGEST = 1_000_000  # characters of a document that is analysed


@dataclass(frozen=True)
class Snapshot:
    """The knowledge of a document.

    `file` is its tree, without definitions that cannot be read. `graphs` belong to `good`, the last
    text without mistakes.
    """

    source: Source
    file: ast.File
    found: tuple[Diagnostic, ...] = ()
    graphs: tuple[Graph, ...] = ()
    good: Source | None = None


def read(
    name: str, text: str, opened: Mapping[str, str], before: Snapshot | None = None
) -> Snapshot:
    """Analyse the text of a document; `opened` are texts in the editor by their paths.

    They count instead of the files on the disk. `before` is the last snapshot of the document.
    """
    from archdsl.analyses.lints import LINTS

    source = Source(name, text)
    file = parse(Source(name, text[:LONGEST]), Sink())
    lints = [lint for lint in LINTS if lint.default]
    if len(text) > LONGEST:
        return Snapshot(source, file)
    found, graphs = driver.report(source, library(opened), lints)
    if any(each.severity == "error" for each in found):
        good, graphs = (before.good, list(before.graphs)) if before is not None else (None, [])
    else:
        good = source
    return Snapshot(source, file, tuple(found), tuple(graphs), good)


def library(opened: Mapping[str, str]) -> Library:
    """Return the library of the command line, where texts in the editor replace their files."""
    known = files.library()

    def find(module: str, importer: Source) -> Source | None:
        source = known.find(module, importer)
        if source is None or source.name not in opened:
            return source
        return Source(source.name, opened[source.name])

    return Library(find, known.places, known.names)


def imported(snapshot: Snapshot, opened: Mapping[str, str], module: str) -> Source | None:
    """Return the file that a document imports; None where there is none that can be read."""
    try:
        return library(opened).find(module, snapshot.source)
    except Rejected:
        return None
