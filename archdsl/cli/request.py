"""Options that choose the networks of a command, and the graphs that result."""

from __future__ import annotations

import re
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from archdsl import driver, files
from archdsl.cli.arguments import expanded
from archdsl.cli.main import Findings, UsageError, show
from archdsl.cli.progress import progress
from archdsl.cli.terminal import remark
from archdsl.diagnostics import Diagnostic, Rejected, Sink, Source
from archdsl.diagnostics.suggest import clip
from archdsl.diagnostics.text_form import safe
from archdsl.driver import Request
from archdsl.ir import Graph
from archdsl.ops.values import LARGEST, Size
from archdsl.records import record
from archdsl.syntax import ast
from archdsl.syntax.parse import parse_expression

WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
PARAMETER = re.compile(rf"{WORD.pattern}(\.{WORD.pattern})*")
SIZE = re.compile(r"[0-9]{1,10}(x[0-9]{1,10})*")
ONE_FILE = "an .arch file, `-` for standard input, or a network of the shipped library"
FILES = f"{ONE_FILE}; a folder means all its .arch files, and 'dense*' all networks that match"
RANGE = re.compile(r"(?<![\w.])([0-9]{1,10})\.\.([0-9]{1,10})(?:/([0-9]{1,10}))?(?![\w.])")
MOST_IN_RANGE = 10_000
UNNAMED = "input"  # the name of an input that has none


def add_request_arguments(
    parser: ArgumentParser, several: bool = False, optional: bool = False
) -> None:
    """Add FILE, `--network`, `--set` (with `several` values), `--input` and `--plugin`.

    With `several` there is one FILE, else one or more; none if `optional`.
    """
    parser.add_argument(
        "file" if several else "files",
        nargs=None if several else "*" if optional else "+",
        metavar="FILE",
        help=ONE_FILE if several else FILES,
    )
    parser.add_argument(
        "--network",
        metavar="NAME",
        help="only this network (default: all that need no arguments, at most 100)",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE,…" if several else "NAME=VALUE",
        dest="settings",
        help="a parameter of the network or of a block in it, "
        + (
            "and its values, each an expression of the language or a range: --set groups=1,2,4"
            " --set base=4..64/4"
            if several
            else "as an expression of the language: --set depth=50, --set unit.groups=32"
        ),
    )
    parser.add_argument(
        "--input",
        action="append",
        default=[],
        metavar="[NAME=]CxHxW",
        dest="inputs",
        help="the size of the input, or of the one called NAME: --input 3x192x192",
    )
    add_plugin_argument(parser)


def add_plugin_argument(parser: ArgumentParser) -> None:
    """Add `--plugin`, for every command that reads networks; `main` runs the files."""
    parser.add_argument(
        "--plugin",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        dest="plugins",
        help="a Python file that defines more ops; the file is executed",
    )


@record
class Chosen:
    """The graphs of the chosen networks, their sources, and the `expect` lines that do not hold."""

    graphs: list[Graph]
    sources: Sequence[Source]
    facts: Facts


@record
class Facts:
    """The `expect` lines that do not hold; `changed` if options alter the networks of the file."""

    broken: Sequence[Diagnostic]
    changed: bool = False

    def report(self) -> int:
        """Print them to standard error; return 1 if a network breaks one without altered settings.

        An `expect` line about a network need not hold for other settings.
        """
        if not self.changed:
            show(self.broken)
            return int(bool(self.broken))
        for each in self.broken:
            where = f"{each.span}: " if each.span else ""
            notes = "".join(f" ({note.text})" for note in each.notes)
            remark(f"note: with these settings, {safe(where + each.message + notes)}")
        return 0


def chosen_graphs(options: Namespace) -> Chosen:
    """The chosen networks; raise `Findings` if one has mistakes, `UsageError` if there is none."""
    chosen = chosen_of_files(options, options.files)
    return Chosen(
        [graph for each in chosen for graph in each.graphs],
        [source for each in chosen for source in each.sources],
        Facts(
            each_once(fact for each in chosen for fact in each.facts.broken),
            any(each.facts.changed for each in chosen),
        ),
    )


def chosen_of_files(options: Namespace, arguments: Sequence[str]) -> list[Chosen]:
    """The chosen networks of each file; raise `Findings` with the mistakes of all files.

    Raise `UsageError` if no file has a network.
    """
    chosen: list[Chosen] = []
    found: list[Diagnostic] = []
    words = expanded(arguments)
    for argument in progress(words, len(words), "files"):
        try:
            chosen.append(_chosen(options, argument))
        except Findings as findings:
            found += findings.found
    if found:
        raise Findings(each_once(found))
    if not any(each.graphs for each in chosen):
        raise UsageError(
            f"no network of {', '.join(map(repr, arguments))} has all its parameters:"
            " choose one with --network, and bind them with --set NAME=VALUE"
        )
    return chosen


def each_once(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Drop repeated findings: files that import the same file each report its mistakes."""
    kept: dict[tuple[str, str, str], Diagnostic] = {}
    for diagnostic in found:
        kept.setdefault((diagnostic.code, diagnostic.message, str(diagnostic.span)), diagnostic)
    return list(kept.values())


def _chosen(options: Namespace, argument: str) -> Chosen:
    sink, facts = Sink(), Sink()
    imported: list[Source] = []
    try:
        given = files.given(argument)
        request = request_from(options, given.network)
        library = files.library(imported)
        graphs = driver.graphs(given.source, library, sink, request, facts)
    except Rejected as rejected:
        raise Findings([rejected.diagnostic]) from None
    if sink:
        raise Findings(sink.in_order())
    return Chosen(graphs, [given.source, *imported], Facts(facts.in_order(), request.changes))


def request_from(options: Namespace, named: str | None = None) -> Request:
    """The request in the options; raise `UsageError` for one that cannot be parsed.

    `named` is the network in the command's argument, if there is one.
    """
    network = options.network or named
    settings, inputs = settings_from(options.settings), inputs_from(options.inputs)
    return Request(network, settings=settings, inputs=inputs)


def settings_from(texts: Iterable[str], option: str = "--set") -> dict[str, ast.Expr]:
    """Split `depth=50` into the parameter's name and its expression."""
    return {name: _expression(name, value, value, option) for name, value in _named(texts, option)}


def choices_from(texts: Iterable[str]) -> dict[str, tuple[ast.Expr, ...]]:
    """Split `groups=1,2,4` into the parameter's name and its values."""
    found = {}
    for name, values in _named(texts):
        choices = _expression(name, values, f"[{_with_ranges(name, values)}]")
        if not isinstance(choices, ast.List) or not choices.items:
            raise UsageError(f"--set {name}: write NAME=VALUE,VALUE,… as in --set groups=1,2,4")
        found[name] = choices.items
    return found


def _with_ranges(name: str, values: str) -> str:
    """Replace `4..16/4` by `4, 8, 12, 16`."""

    def numbers(match: re.Match[str]) -> str:
        first, last, step = int(match[1]), int(match[2]), int(match[3] or 1)
        if step < 1 or first > last:
            raise UsageError(f"--set {name}: a range is FIRST..LAST/STEP, as in --set base=4..64/4")
        if (last - first) // step >= MOST_IN_RANGE:
            raise UsageError(f"--set {name}: a range has at most {MOST_IN_RANGE:,} values")
        return ", ".join(map(str, range(first, last + 1, step)))

    return RANGE.sub(numbers, values)


def _named(texts: Iterable[str], option: str = "--set") -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each setting."""
    seen = set()
    for text in texts:
        name, sign, value = text.partition("=")
        name = name.strip()
        if not sign or not PARAMETER.fullmatch(name):
            raise UsageError(f"{option} {clip(text)}: write NAME=VALUE, as in --set depth=50")
        if name in seen:
            raise UsageError(f"{option} {name} is given twice")
        seen.add(name)
        yield name, value


def _expression(name: str, given: str, text: str, option: str = "--set") -> ast.Expr:
    try:
        return parse_expression(text, f"{option} {name}")
    except Rejected as rejected:
        given = clip(f"{name}={given}")
        raise UsageError(f"{option} {given}: {_sentence(rejected)}") from None


def inputs_from(texts: Iterable[str]) -> dict[str, Size]:
    """Split `3x192x192` or `left=3x192x192` into the input's name and its size."""
    found: dict[str, Size] = {}
    for text in texts:
        name, sign, size = text.rpartition("=")
        name, size = (name.strip() if sign else UNNAMED), size.strip()
        dims = tuple(map(int, size.split("x"))) if SIZE.fullmatch(size) else ()
        if not WORD.fullmatch(name) or not 1 <= len(dims) <= 4 or not _positive(dims):
            raise UsageError(
                f"--input {clip(text)}: write CHANNELSxHEIGHTxWIDTH, as in --input 3x192x192"
                " or --input left=3x192x192"
            )
        if name in found:
            raise UsageError(f"--input for {name} is given twice")
        found[name] = Size(dims)
    return found


def _positive(dims: tuple[int, ...]) -> bool:
    return all(1 <= dim <= LARGEST for dim in dims)


def _sentence(rejected: Rejected) -> str:
    problem = rejected.diagnostic
    return f"{problem.message}; {problem.help}" if problem.help else problem.message
