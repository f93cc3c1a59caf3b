"""`archdsl zoo [NAME…]`: the networks of the shipped library, their papers and costs."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Collection
from fnmatch import fnmatchcase

from archdsl import files
from archdsl.api.catalogue import shipped_entries
from archdsl.backends.report import zoo
from archdsl.cli.main import Findings, UsageError
from archdsl.cli.table_format import add_format_argument
from archdsl.diagnostics import Sink
from archdsl.diagnostics.suggest import clip, did_you_mean

WRITERS = {
    "table": zoo.as_text,
    "json": zoo.as_json,
    "csv": zoo.as_csv,
    "md": zoo.as_markdown,
    "latex": zoo.as_latex,
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
    add_format_argument(parser)


def run(options: Namespace) -> int:
    """List the networks by the year of their papers; raise `UsageError` for an unknown name."""
    shipped = files.shipped_networks()
    wanted = set(shipped)
    if options.names:
        wanted = {name for pattern in options.names for name in _matching(pattern, shipped)}
    sink = Sink()
    entries = shipped_entries(wanted, sink)
    if sink:
        raise Findings(sink.in_order())
    if not entries:
        raise UsageError("these networks have parameters to set: give a variant of them a name")
    print(WRITERS[options.format](entries))
    return 0


def _matching(pattern: str, known: Collection[str]) -> list[str]:
    found = [name for name in known if fnmatchcase(name, pattern)]
    if not found:
        hint = did_you_mean(pattern, known, "`archdsl zoo` lists all")
        raise UsageError(f"the library has no network {clip(pattern)!r}; {hint}")
    return found
