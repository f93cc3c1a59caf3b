"""Networks from files, from the shipped library and from text."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from os import PathLike, fspath
from typing import Any

from archdsl import driver, files
from archdsl.api.errors import ArchError, as_text
from archdsl.api.network import Network
from archdsl.api.settings import InputSize, settings_of, sizes_of
from archdsl.diagnostics import Diagnostic, Rejected, Sink, Source, UsageError
from archdsl.diagnostics.suggest import listing
from archdsl.driver import Request
from archdsl.lookup import Found, look_up

TEXT = "<text>"  # the name of a source without a file


def load(
    what: str | PathLike[str],
    network: str | None = None,
    *,
    input: InputSize | Mapping[str, InputSize] | None = None,
    **parameters: Any,
) -> Network:
    """Load one network.

    `what` is a shipped network ("resnet50", "resnet50(classes=10)"), a file ("net.arch",
    "net.arch:small", a path) or the text of one. `network` chooses one of several. `input` sets
    the size of the input, as "3x192x192" or (3, 192, 192), or of each by name. `parameters` are
    those of the network, or of a block in it; `unit__groups=32` sets `unit.groups`.

    Warn of `expect` lines that do not hold, unless the network is altered. Raises `ArchError` for
    mistakes and where the choice is not unique.
    """
    found = find(what, network)
    request = replace(
        found.request,
        settings={**found.request.settings, **settings_of(parameters)},
        inputs=sizes_of(input),
    )
    loaded = networks(found.source, request, Sink())
    if len(loaded) != 1:
        names = listing(each.name for each in loaded) if loaded else "none"
        raise ArchError(f"choose one network with network=…: {names} need no more parameters")
    [chosen] = loaded
    if chosen.broken and not request.changes:
        warnings.warn(as_text(chosen.broken), stacklevel=2)
    return chosen


def find(what: str | PathLike[str], network: str | None = None) -> Found:
    """Find the source that `load` and `sweep` are given."""
    word = fspath(what)
    try:
        found = Found(Source(TEXT, word), Request()) if is_text(word) else look_up(word)
    except UsageError as error:
        raise ArchError(str(error)) from None
    except Rejected as rejected:
        raise ArchError.of([rejected.diagnostic]) from None
    return replace(found, request=replace(found.request, network=network)) if network else found


def is_text(word: str) -> bool:
    """Whether a word is the text of a file rather than its name: a network has a body."""
    return "{" in word or "\n" in word


def networks(
    source: Source, request: Request, facts: Sink, names: dict[str, Any] | None = None
) -> list[Network]:
    """Return all chosen networks; raise `ArchError` if one has mistakes.

    `facts` receives the `expect` lines that do not hold; `names` are those of earlier sources,
    which this one sees and adds to.
    """
    sink = Sink()
    try:
        graphs = driver.graphs(source, files.library(), sink, request, facts, names)
    except Rejected as rejected:
        raise ArchError.of([rejected.diagnostic]) from None
    if sink:
        raise ArchError.of(sink.in_order())
    return [Network(graph, source, request, tuple(facts.in_order())) for graph in graphs]


def check(what: str | PathLike[str], *, lints: bool = True) -> list[Diagnostic]:
    """Return the mistakes in a file or a text, in order; without any, what lints warn of."""
    from archdsl.analyses.lints import LINTS

    found = find(what)
    chosen = [lint for lint in LINTS if lint.default] if lints else []
    try:
        return driver.report(found.source, files.library(), chosen)[0]
    except Rejected as rejected:
        return [rejected.diagnostic]
