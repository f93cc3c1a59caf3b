"""Checks sources that are texts of a test: no file is read."""

from __future__ import annotations

from collections.abc import Mapping

from archdsl import driver
from archdsl.analyses.lints import LINTS
from archdsl.diagnostics import Diagnostic, Sink, Source
from archdsl.elaboration.modules import Library
from archdsl.ir import Graph, verify


def library(files: Mapping[str, str]) -> Library:
    """Imports from a mapping of module names to texts."""

    def find(module: str, importer: Source) -> Source | None:
        return Source(f"{module}.arch", files[module]) if module in files else None

    return Library(find, ("the test",), lambda importer: files)


def check(text: str, files: Mapping[str, str] | None = None) -> list[Diagnostic]:
    """The findings of a text, in its order."""
    sink = Sink()
    driver.check(Source("case.arch", text), library(files or {}), sink)
    return sink.in_order()


def review(
    text: str, *codes: str, default: bool = True, files: Mapping[str, str] | None = None
) -> list[Diagnostic]:
    """What is wrong with a text, and what the default lints and those of some codes find in it."""
    lints = [lint for lint in LINTS if lint.code in codes or (default and lint.default)]
    return driver.report(Source("case.arch", text), library(files or {}), lints)[0]


def graph(text: str, network: str | None = None, files: Mapping[str, str] | None = None) -> Graph:
    """The verified graph of a text's only, or named, network; fails on any finding."""
    sink = Sink()
    source = Source("case.arch", text)
    found = driver.graphs(source, library(files or {}), sink, driver.Request(network))
    assert [f"{d.span}: {d.message}" for d in sink.found] == []
    (result,) = found
    verify(result)
    return result


def paths(text: str, network: str | None = None) -> list[str]:
    """The paths of a network's nodes, without its inputs."""
    found = graph(text, network)
    return [node.path for node in found.nodes if node.id not in found.inputs]
