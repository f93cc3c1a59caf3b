"""`archdsl check --fix`: apply fixes to a file and keep those that pass a new check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from archdsl import driver, files
from archdsl.cli import output
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
    """One state of a file: its text, its findings and its networks."""

    source: Source
    found: Sequence[Diagnostic]
    graphs: Sequence[Graph]

    @property
    def mistakes(self) -> bool:
        return any(finding.severity == "error" for finding in self.found)

    @cached_property
    def weights(self) -> Mapping[str, Mapping[str, Shape]]:
        """The shapes of the weights by key, for each network."""
        return {graph.name: _weights(graph) for graph in self.graphs}


@dataclass(frozen=True)
class Fixer:
    """A check that also applies fixes of mistakes and of some lints: the safe ones, or all."""

    lints: Sequence[Lint]
    unsafe: bool = False

    def fix(self, source: Source) -> tuple[Source, list[Diagnostic]]:
        """The text with all fixes that pass the check, and the findings that they fixed."""
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
        """Extend the kept fixes by as many of the wanted ones as pass together, by bisection."""
        if not wanted:
            return kept
        if self._holds(version, [*kept, *wanted]):
            return [*kept, *wanted]
        if len(wanted) == 1:
            return kept
        half = len(wanted) // 2
        return self._kept(version, wanted[half:], self._kept(version, wanted[:half], kept))

    def _holds(self, before: Version, applied: Sequence[Diagnostic]) -> bool:
        """Whether fixes add no mistake, remove a finding, and keep the weights if they are safe.

        The fix of a mistake may reveal another; a text without mistakes must stay so.
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
    """Fix a file in place; raise `UsageError` for standard input and for shipped files."""
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
    """The findings whose edits do not overlap an earlier edit."""
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
