"""Networks as single arguments: files, names, one network of a file, variants."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath

from archdsl import driver
from archdsl.cli import files
from archdsl.cli.main import Findings, UsageError
from archdsl.cli.request import Facts
from archdsl.diagnostics import Rejected, Sink
from archdsl.diagnostics.suggest import clip, listing
from archdsl.ir import Graph
from archdsl.ops.values import Size
from archdsl.syntax import ast
from archdsl.syntax.parse import parse_expression

HELP = (
    "a file, a shipped network, FILE:NETWORK, and either with arguments:"
    " 'resnet50(groups=32, base=4)'"
)
NONE = Facts(())
CALL = re.compile(
    r"(?:(?P<file>-|.*\.arch):)?(?P<network>[A-Za-z]\w*)\s*(?P<call>\(.*\))?", re.DOTALL
)


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
    return _with_unique_labels(
        [each for argument in arguments for each in _networks(argument, inputs)]
    )


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
        given, request, label = _read(argument)
        request = replace(request, inputs=inputs)
        graphs = driver.graphs(given.source, files.library(), sink, request, stated)
    except Rejected as rejected:
        raise Findings([rejected.diagnostic]) from None
    if sink:
        raise Findings(sink.in_order())
    if not graphs:
        raise UsageError(f"no network of {argument!r} has all its parameters: write FILE:NAME(…)")
    facts = Facts(stated.in_order(), request.changes)
    return [
        Named(
            label or graph.name,
            graph,
            PurePath(given.source.name).name,
            None if request.changes else given.network,
            facts if position == 0 else NONE,  # of all networks of the word together
        )
        for position, graph in enumerate(graphs)
    ]


def _read(argument: str) -> tuple[files.Given, driver.Request, str | None]:
    """The file of an argument, the request, and a label if the name is not unique."""
    match = CALL.fullmatch(argument)
    if os.path.lexists(argument) or not match or not (match["file"] or match["call"]):
        given = files.given(argument)
        return given, driver.Request(given.network), None
    name = match["network"]
    given = files.given(match["file"] or name)
    if match["file"]:
        given = files.Given(given.source)  # a file beside that has a network of this name
    if not match["call"]:
        return given, driver.Request(name), None
    positional, settings = _arguments(argument, name + match["call"])
    return (
        given,
        driver.Request(name, settings, arguments=positional),
        clip(name + match["call"], 40),
    )


def _arguments(argument: str, text: str) -> tuple[list[ast.Argument], dict[str, ast.Expr]]:
    """The positional arguments of a call, and the named ones as settings."""
    try:
        call = parse_expression(text, "the command line")
    except Rejected as rejected:
        raise UsageError(f"{clip(argument)}: {rejected.diagnostic.message}") from None
    if not isinstance(call, ast.Call) or not isinstance(call.callee, ast.Name):
        raise UsageError(f"{clip(argument)}: write NETWORK(NAME=VALUE, …)")
    positional = [each for each in call.arguments if each.name is None]
    return positional, {each.name: each.value for each in call.arguments if each.name}
