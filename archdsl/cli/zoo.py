"""`archdsl zoo [NAME…]`: the networks of the shipped library, their papers and costs."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Collection, Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from archdsl import driver, files
from archdsl.backends.report import zoo
from archdsl.backends.report.paper import paper_of
from archdsl.cli.main import Findings, UsageError
from archdsl.diagnostics import Sink
from archdsl.diagnostics.suggest import clip, did_you_mean

FORMATS = {
    "table": zoo.as_text,
    "json": zoo.as_json,
    "csv": zoo.as_csv,
    "md": zoo.as_markdown,
}


EXAMPLES = (
    ("archdsl zoo", "list all networks"),
    ("archdsl zoo 'dense*' --format md", "list some networks as a Markdown table"),
)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="only these networks; `*` matches any text: 'dense*'",
    )
    parser.add_argument(
        "--format", choices=FORMATS, default="table", help="output format (default: table)"
    )


def run(options: Namespace) -> int:
    """List the networks by the year of their papers; raise `UsageError` for an unknown name."""
    shipped = files.shipped_networks()
    wanted = set(shipped)
    if options.names:
        wanted = {name for pattern in options.names for name in _matching(pattern, shipped)}
    paths = dict.fromkeys(path for name, path in shipped.items() if name in wanted)
    entries = [each for path in paths for each in _entries(path) if each.network in wanted]
    entries.sort(key=lambda each: each.paper.order)
    if not entries:
        raise UsageError("these networks have parameters to set: give a variant of them a name")
    print(FORMATS[options.format](entries))
    return 0


def _matching(pattern: str, known: Collection[str]) -> list[str]:
    found = [name for name in known if fnmatchcase(name, pattern)]
    if not found:
        hint = did_you_mean(pattern, known, "`archdsl zoo` lists all")
        raise UsageError(f"the library has no network {clip(pattern)!r}; {hint}")
    return found


def _entries(path: Path) -> Iterator[zoo.ZooEntry]:
    """The networks of a file that need no arguments, in its order."""
    sink = Sink()
    for graph in driver.graphs(files.source(path), files.library(), sink, driver.Request()):
        paper = paper_of(graph.root.doc)
        if paper is not None:
            yield zoo.zoo_entry(graph, paper)
    if sink:
        raise Findings(sink.in_order())
