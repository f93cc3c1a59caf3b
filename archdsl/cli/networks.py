"""Networks as single arguments: files, names, one network of a file, variants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath

from archdsl import driver, files
from archdsl.cli.arguments import expanded
from archdsl.cli.main import Findings, UsageError
from archdsl.cli.progress import progress
from archdsl.cli.request import Facts
from archdsl.diagnostics import Rejected, Sink
from archdsl.diagnostics.suggest import clip, listing
from archdsl.diagnostics.text_form import safe
from archdsl.ir import Graph
from archdsl.lookup import look_up
from archdsl.ops.values import Size

HELP = (
    "a file, a shipped network, FILE:NETWORK, and either with arguments:"
    " 'resnet50(groups=32, base=4)'"
)
NONE = Facts(())


@dataclass(frozen=True)
class Named:
    """A network, its label in a comparison, and its file.

    `shipped` is its name in the library if it is a shipped network, unchanged.
    """

    label: str
    graph: Graph
    file: str
    shipped: str | None = None
    facts: Facts = NONE


def report_facts(found: Iterable[Named]) -> int:
    """Print the `expect` lines that do not hold; return 1 if there are any, else 0."""
    return max([each.facts.report() for each in found], default=0)


def networks(arguments: Iterable[str], inputs: Mapping[str, Size]) -> list[Named]:
    """All networks that the arguments refer to, in order; equal names get their file as a label.

    Raise `Findings` if one has mistakes, `UsageError` for an argument without a network.
    """
    words = expanded(arguments)
    found = [_networks(word, inputs) for word in progress(words, len(words), "files")]
    return _with_unique_labels([each for of_word in found for each in of_word])


def one_each(arguments: Iterable[str], inputs: Mapping[str, Size]) -> list[Named]:
    """The one network of each argument; raise `UsageError` if an argument has several."""
    found = []
    for argument in arguments:
        meant = _networks(argument, inputs)
        if len(meant) > 1:
            names = listing(each.label for each in meant)
            raise UsageError(f"choose one network, as {clip(argument)}:NAME: there are {names}")
        found += meant
    return _with_unique_labels(found)


def _with_unique_labels(found: list[Named]) -> list[Named]:
    twice = Counter(each.label for each in found)
    return [
        each if twice[each.label] == 1 else replace(each, label=f"{each.file}:{each.label}")
        for each in found
    ]


def _networks(argument: str, inputs: Mapping[str, Size]) -> list[Named]:
    sink, stated = Sink(), Sink()
    try:
        found = look_up(argument)
        request = replace(found.request, inputs=inputs)
        graphs = driver.graphs(found.source, files.library(), sink, request, stated)
    except Rejected as rejected:
        raise Findings([rejected.diagnostic]) from None
    if sink:
        raise Findings(sink.in_order())
    if not graphs:
        raise UsageError(f"no network of {argument!r} has all its parameters: write FILE:NAME(…)")
    facts = Facts(stated.in_order(), request.changes)
    return [
        Named(
            found.label or graph.name,
            graph,
            safe(PurePath(found.source.name).name),
            None if request.changes else found.shipped,
            facts if position == 0 else NONE,  # of all networks of the word together
        )
        for position, graph in enumerate(graphs)
    ]
