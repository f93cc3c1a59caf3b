"""`archdsl summary FILE`: layers, shapes, parameters and multiply-adds of networks."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from dataclasses import replace

from archdsl.analyses.conventions import CONVENTIONS
from archdsl.analyses.device_rates import WIDTHS
from archdsl.backends.report.columns import BY_DTYPE, USUAL, WORDS
from archdsl.backends.report.summary import Summary, SummaryOptions, summarise
from archdsl.cli.main import UsageError
from archdsl.cli.request import add_request_arguments, chosen_graphs
from archdsl.cli.table_format import ONE_OR_SEVERAL, add_format_argument
from archdsl.cli.terminal import coloured, width
from archdsl.deep_stack import bounded
from archdsl.diagnostics.suggest import clip, did_you_mean, listing
from archdsl.ir import Graph

DTYPE = "fp32"
EXAMPLES = (
    ("archdsl summary resnet50", "print the stages of a network"),
    (
        "archdsl summary resnet50 --depth 3 --columns params,flops",
        "open three levels, and show other numbers",
    ),
    ("archdsl summary net.arch --format json", "print all numbers for other tools"),
)


def add_arguments(parser: ArgumentParser) -> None:
    add_request_arguments(parser)
    parser.add_argument(
        "--depth", type=_levels, metavar="N", help="show N levels of blocks (json: all ops always)"
    )
    parser.add_argument(
        "--by-kind", action="store_true", help="one line per kind of op instead of per block"
    )
    parser.add_argument(
        "--columns", type=_columns, default=USUAL, metavar="NAME,…",
        help=f"numbers to show, of {', '.join(WORDS)} (default: {','.join(USUAL)};"
        " json: always all)",
    )  # fmt: skip
    parser.add_argument(
        "--dtype", choices=tuple(WIDTHS),
        help=f"the type of the numbers, for {listing(BY_DTYPE)} (default: {DTYPE})",
    )  # fmt: skip
    parser.add_argument(
        "--convention", choices=tuple(CONVENTIONS),
        help="add a column with the number that this counter reports for the generated code",
    )  # fmt: skip
    add_format_argument(parser, ONE_OR_SEVERAL)
    parser.add_argument(
        "--style", choices=("tree", "cs231n"), default="tree",
        help="style of the table; cs231n: values and weights per layer, as in that lecture",
    )  # fmt: skip


def run(options: Namespace) -> int:
    """Show all chosen networks, or none if one has mistakes; return 1 if an `expect` fails."""
    if options.style == "cs231n":
        return _lecture(options)
    if options.dtype and options.format != "json" and not {*options.columns} & {*BY_DTYPE}:
        raise UsageError(f"--dtype changes only {listing(BY_DTYPE)}: show one with --columns")
    if options.by_kind and "rf" in options.columns:
        raise UsageError("--by-kind: a kind of op has no receptive field: leave out the column rf")
    chosen = chosen_graphs(options)
    with bounded():  # the tree is as deep as the text nests
        found = [summarise(graph, _options(options, graph)) for graph in chosen.graphs]
    print(_text(found, options.format))
    return chosen.facts.report()


def _options(options: Namespace, graph: Graph) -> SummaryOptions:
    shown = SummaryOptions(options.depth, options.by_kind, options.columns, options.dtype or DTYPE)
    if options.convention is None:
        return shown
    from archdsl.backends.torch.forms import modules_of

    modules = modules_of(graph)
    return replace(shown, convention=CONVENTIONS[options.convention], modules=modules)


def _lecture(options: Namespace) -> int:
    others = (options.depth, options.by_kind, options.convention, options.format != "table")
    if any(others) or options.columns != USUAL or options.dtype:
        raise UsageError("--style cs231n is a table of its own: leave out how others are shown")
    chosen = chosen_graphs(options)
    from archdsl.backends.report.cs231n import table

    print("\n\n".join(map(table, chosen.graphs)))
    return chosen.facts.report()


def _text(summaries: Sequence[Summary], style: str) -> str:
    if style == "table":
        from archdsl.backends.report.terminal_table import as_table

        return as_table(summaries, width(), coloured(sys.stdout))
    from archdsl.backends.report import summary_formats

    write = {
        "json": summary_formats.as_json,
        "csv": summary_formats.as_csv,
        "md": summary_formats.as_markdown,
        "latex": summary_formats.as_latex,
    }
    return write[style](summaries)


def _columns(text: str) -> tuple[str, ...]:
    words = tuple(word.strip() for word in text.split(","))
    for word in words:
        if word not in WORDS:
            hint = did_you_mean(word, WORDS, f"there are {listing(WORDS)}")
            raise ArgumentTypeError(f"there is no column {clip(word)!r}; {hint}")
    return words


def _levels(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a number of levels: write 1 or more")
    return int(text)
