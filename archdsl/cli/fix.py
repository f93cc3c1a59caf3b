"""`archdsl check --fix`: applies the fixes of findings to a file, and keeps those that hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from archdsl import driver
from archdsl.cli import files, output
from archdsl.cli.main import UsageError
from archdsl.diagnostics import Diagnostic, Fix, Source
from archdsl.diagnostics.diagnostic import MOST_FINDINGS
from archdsl.ir import Graph
from archdsl.ops import Shape
from archdsl.resources import resource

if TYPE_CHECKING:
    from archdsl.analyses.lints import Lint

MOST_ROUNDS = 20  # a fix may bring the next finding to light


@dataclass(frozen=True)
class Version:
    """A text of a file, what is found in it, and the networks that it makes."""

    source: Source
    found: Sequence[Diagnostic]
    graphs: Sequence[Graph]

    @property
    def mistakes(self) -> bool:
        return any(finding.severity == "error" for finding in self.found)

    @cached_property
    def weights(self) -> Mapping[str, Mapping[str, Shape]]:
        """Of each network the keys of its weights, with their shapes."""
        return {graph.name: _weights(graph) for graph in self.graphs}


@dataclass(frozen=True)
class Fixer:
    """Applies the safe fixes, or all, of some lints and of mistakes."""

    lints: Sequence[Lint]
    unsafe: bool = False

    def fix(self, source: Source) -> tuple[Source, list[Diagnostic]]:
        """The text with all fixes that hold, and the findings that they fixed."""
        version = self._version(source)
        fixed: list[Diagnostic] = []
        for _ in range(MOST_ROUNDS):
            wanted = _apart([d for d in version.found if self._applies(d, version.source)])
            kept = self._kept(version, wanted, [])
            if not kept:
                break
            fixed += kept
            version = self._applied(version, kept)
        return version.source, fixed

    def _applies(self, finding: Diagnostic, source: Source) -> bool:
        fix = finding.fix
        return fix is not None and fix.span.source is source and (fix.safe or self.unsafe)

    def _kept(
        self, version: Version, wanted: Sequence[Diagnostic], kept: list[Diagnostic]
    ) -> list[Diagnostic]:
        """As many of the wanted fixes as hold together, besides those that are kept already."""
        if not wanted:
            return kept
        if self._holds(version, [*kept, *wanted]):
            return [*kept, *wanted]
        if len(wanted) == 1:
            return kept
        half = len(wanted) // 2
        return self._kept(version, wanted[half:], self._kept(version, wanted[:half], kept))

    def _holds(self, before: Version, applied: Sequence[Diagnostic]) -> bool:
        """Whether fixes make no mistakes, remove a finding, and keep the weights where they say so.

        A fix of a mistake may bring others to light; a text without any stays so.
        """
        after = self._applied(before, applied)
        if before.mistakes:
            return after.source.text != before.source.text
        fewer = len(after.found) < len(before.found) or len(before.found) >= MOST_FINDINGS
        if after.mistakes or not fewer:
            return False
        return not _all_safe(applied) or after.weights == before.weights

    def _applied(self, version: Version, applied: Sequence[Diagnostic]) -> Version:
        text = version.source.text
        fixes = [finding.fix for finding in applied if finding.fix is not None]
        for fix in sorted(fixes, key=_start, reverse=True):
            text = text[: fix.span.start] + fix.replacement + text[fix.span.end :]
        return self._version(Source(version.source.name, text))

    def _version(self, source: Source) -> Version:
        return Version(source, *driver.report(source, files.library(), self.lints))


def fix_file(source: Source, fixer: Fixer) -> tuple[Source, list[Diagnostic]]:
    """Fix a file in place; `UsageError` for what is no file, or one of the library's."""
    path = Path(source.name)
    if source.name == files.STDIN:
        raise UsageError("standard input cannot be changed: --fix needs a file")
    if path.resolve().is_relative_to(resource("architectures").resolve()):
        raise UsageError(f"{source.name!r} is of the shipped library, which --fix does not change")
    fixed, applied = fixer.fix(source)
    if applied:
        output.rewrite(path, fixed.text)
    return fixed, applied


def _apart(findings: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Those whose edits do not touch an earlier one's."""
    found: list[Diagnostic] = []
    end = -1
    for finding in sorted(findings, key=lambda finding: _start(finding.fix)):
        if finding.fix is not None and finding.fix.span.start > end:
            found.append(finding)
            end = finding.fix.span.end
    return found


def _start(fix: Fix | None) -> int:
    return fix.span.start if fix else 0


def _all_safe(findings: Sequence[Diagnostic]) -> bool:
    return all(finding.fix is None or finding.fix.safe for finding in findings)


def _weights(graph: Graph) -> dict[str, Shape]:
    return {
        f"{node.path}.{weight.name}": weight.shape
        for node in graph.nodes
        for weight in node.op.weights(graph.operands(node))
    }
