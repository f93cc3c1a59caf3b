"""Networks in notebooks: `archdsl.load("resnet50")` and cells that begin with `%%arch`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archdsl.ir import Graph

if TYPE_CHECKING:
    from archdsl.diagnostics import Diagnostic
    from archdsl.driver import Request

CELL = "<cell>"


class Mistakes(ValueError):  # noqa: N818 - what was found, drawn as the command line does
    """Raised for a network with mistakes; the text shows all of them."""


@dataclass(frozen=True)
class Network:
    """A network that displays as its picture and its summary."""

    graph: Graph
    broken: str = ""  # the stated facts that do not hold, as the command line draws them

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """The picture and the summary as a page; the picture alone; the summary as text."""
        from html import escape

        from archdsl import driver
        from archdsl.backends.diagram import render

        with driver.bounded():
            picture = render(self.graph, "svg").decode()
        summary = str(self)
        page = f"{picture}<pre>{escape(summary)}</pre>"
        return {"text/html": page, "image/svg+xml": picture, "text/plain": summary}

    def __str__(self) -> str:
        from archdsl import driver
        from archdsl.backends.report.summary import SummaryOptions, summarise
        from archdsl.backends.report.terminal_table import as_table

        with driver.bounded():
            table = as_table([summarise(self.graph, SummaryOptions(depth=1))])
        return f"{table}\n\n{self.broken}" if self.broken else table


def load(name: str, network: str | None = None) -> Network:
    """Load a shipped network, or one of an .arch file: the only one, or the one named.

    Raise `Mistakes` if it has any, `ValueError` if the choice is not unique.
    """
    from archdsl import files
    from archdsl.cli.main import UsageError
    from archdsl.diagnostics import Rejected
    from archdsl.driver import Request

    try:
        given = files.given(name)
    except UsageError as error:
        raise ValueError(str(error)) from None
    except Rejected as rejected:
        raise Mistakes(_drawn([rejected.diagnostic])) from None
    found = _networks(given.source, Request(network or given.network))
    if len(found) != 1:
        names = ", ".join(each.graph.name for each in found) or "none with all its parameters"
        raise ValueError(f"{name} has {names}: say which with `network=`")
    return found[0]


def load_ipython_extension(shell: Any) -> None:
    """Register the cell magic `%%arch`, for `%load_ext archdsl.notebook`."""
    shell.register_magic_function(_arch, "cell", "arch")


def _arch(line: str, cell: str) -> None:
    """Show every complete network of a cell; `%%arch NAME` shows one."""
    from IPython.display import display  # type: ignore[import-not-found,unused-ignore]

    from archdsl.diagnostics import Source
    from archdsl.driver import Request

    try:
        for found in _networks(Source(CELL, cell), Request(line.strip() or None)):
            display(found)  # type: ignore[no-untyped-call,unused-ignore]
    except Mistakes as mistakes:
        print(mistakes)  # noqa: T201 - a cell's answer


def _networks(source: Any, request: Request) -> list[Network]:
    from archdsl import driver, files
    from archdsl.diagnostics import Rejected, Sink

    sink, facts = Sink(), Sink()
    try:
        found = driver.graphs(source, files.library(), sink, request, facts)
    except Rejected as rejected:
        raise Mistakes(_drawn([rejected.diagnostic])) from None
    if sink:
        raise Mistakes(_drawn(sink.in_order()))
    broken = _drawn(facts.in_order())
    return [Network(graph, broken if graph is found[0] else "") for graph in found]


def _drawn(found: list[Diagnostic]) -> str:
    from archdsl.diagnostics.text_form import to_text

    return "\n\n".join(to_text(each, False) for each in found)
