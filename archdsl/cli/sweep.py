"""`archdsl sweep FILE --set NAME=VALUE,VALUE,…`: measure all variants of a network."""

from __future__ import annotations

import gc
from argparse import ArgumentParser, Namespace
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from math import prod

from archdsl import driver, files
from archdsl.analyses.measures import MEASURES, QUICK
from archdsl.api.catalogue import MOST_VARIANTS, PROBLEM, combinations, numbers_of
from archdsl.backends.report import record_table
from archdsl.backends.report.comparison import ComparedNetwork, columns, compared
from archdsl.backends.report.record_table import Record, RecordColumn
from archdsl.cli.comparison_options import add_columns_argument, add_plot_argument, write_plot
from archdsl.cli.main import Findings, UsageError
from archdsl.cli.request import add_request_arguments, choices_from, inputs_from
from archdsl.cli.row_selection import RowSelection, add_selection_arguments, value_of
from archdsl.cli.table_format import add_format_argument
from archdsl.cli.terminal import remark, width
from archdsl.diagnostics import Diagnostic, Rejected, Sink, Source
from archdsl.diagnostics.suggest import clip, listing
from archdsl.driver import Request, Variant
from archdsl.ir import Graph
from archdsl.syntax import ast

EXAMPLES = (
    ("archdsl sweep net.arch --set c=8,16,32", "print the cost for three widths"),
    (
        "archdsl sweep net.arch --set c=8..64/8 --where 'macs < 4e9' --sort=-params",
        "try 8, 16, … 64, keep the cheap variants, and print the largest first",
    ),
    (
        "archdsl sweep resnext --network resnext50_32x4d --set groups=1,32 --plot front.svg",
        "draw the Pareto front of the variants",
    ),
)


def add_arguments(parser: ArgumentParser) -> None:
    add_request_arguments(parser, several=True)
    add_format_argument(parser)
    add_columns_argument(parser, tuple(MEASURES), QUICK)
    add_selection_arguments(parser)
    add_plot_argument(parser, "the variants as a chart with its Pareto front")
    parser.add_argument("--x", choices=MEASURES, default="macs", help="across (default: macs)")
    parser.add_argument("--y", choices=MEASURES, default="params", help="upwards (default: params)")
    parser.add_argument(
        "--more", choices=MEASURES, action="append", default=[],
        help="for the Pareto front: a column where more is better (depth always is)",
    )  # fmt: skip


def run(options: Namespace) -> int:
    """Show every variant, with its first mistake or the first `expect` line that it breaks.

    Raise `Findings` if the file has mistakes or no variant can be built.
    """
    choices = choices_from(options.settings)
    variants = _variants(choices)
    selection = RowSelection(options, dict.fromkeys((*MEASURES, *choices)))
    name, found = _explored(options, variants, selection.names)
    pairs = list(zip(variants, found, strict=True))
    kept = selection.select((_values(*pair), pair) for pair in pairs)
    if len(kept) < len(pairs):
        remark(f"{len(kept):,} of {len(pairs):,} variants are kept by --where")
    records_of = [{**numbers_of(each), **_texts(settings)} for settings, each in kept]
    which = [RecordColumn(name, name) for name in choices]
    if options.plot:
        from archdsl.backends.chart.figures import explored

        varied = {name for name, values in choices.items() if len(values) > 1}
        entries = [
            replace(each.made, label=_label(settings, varied))
            for settings, each in kept
            if isinstance(each, Variant) and not each.broken
        ]
        if not entries:
            raise UsageError("--plot: no variant fulfils --where and the `expect` lines")
        write_plot(options.plot, explored(entries, options.x, options.y, name, options.more))
        remark(f"{options.plot}: {len(entries):,} variants")
    shown = (*columns(options.columns, which), RecordColumn(PROBLEM, PROBLEM))
    print(record_table.formatted(options.format, shown, records_of, width()))
    return 0


def _variants(choices: Mapping[str, tuple[ast.Expr, ...]]) -> list[dict[str, ast.Expr]]:
    """Return every combination of values, if there are not too many."""
    count = prod(map(len, choices.values()))
    if not choices:
        raise UsageError("nothing to vary: give values with --set, as in --set groups=1,2,4")
    if count > MOST_VARIANTS:
        raise UsageError(f"{count:,} variants are more than {MOST_VARIANTS:,}: give fewer values")
    return combinations(choices)


def _explored(
    options: Namespace, variants: list[dict[str, ast.Expr]], needed: Collection[str]
) -> tuple[str, list[Variant[ComparedNetwork] | Diagnostic]]:
    """Measure all variants; each result is its numbers or its first mistake."""
    sink = Sink()
    try:
        given = files.given(options.file)
        name = options.network or given.network or _only(given.source)
        inputs = inputs_from(options.inputs)
        selected = (word for word in MEASURES if word in needed)
        words = dict.fromkeys((*options.columns, options.x, options.y, *selected))

        def measured(graph: Graph) -> ComparedNetwork:
            return compared(graph, graph.name, words)

        requests = (Request(name, settings, inputs) for settings in variants)
        with _collecting():
            found = driver.sweep(given.source, files.library(), sink, requests, measured)
    except Rejected as rejected:
        raise Findings([rejected.diagnostic]) from None
    mistakes = [each for each in found if isinstance(each, Diagnostic)]
    if sink or len(mistakes) == len(found):
        raise Findings(sink.in_order() or mistakes[:1])
    return name, found


@contextmanager
def _collecting() -> Iterator[None]:
    """Collect garbage now and then: thousands of cyclic graphs would not fit in memory."""
    gc.freeze()  # not what is there already
    gc.enable()
    try:
        yield
    finally:
        gc.disable()
        gc.unfreeze()


def _only(source: Source) -> str:
    """The only network of a file."""
    names = files.networks_of(source)
    if len(names) != 1:
        raise UsageError(f"choose one network with --network: there are {listing(names)}")
    return names[0]


def _label(settings: Mapping[str, ast.Expr], varied: Collection[str]) -> str:
    """The label of a variant."""
    shown = [f"{name}={value.span.text}" for name, value in settings.items() if name in varied]
    return clip(", ".join(shown), 40)


def _values(
    settings: Mapping[str, ast.Expr], found: Variant[ComparedNetwork] | Diagnostic
) -> Record:
    """The numbers of a row, by the names that `--where` reads."""
    numbers = {} if isinstance(found, Diagnostic) else found.made.record
    return {**numbers, **{name: value_of(value) for name, value in settings.items()}}


def _texts(settings: Mapping[str, ast.Expr]) -> Record:
    """The parameters of a variant, as they were written."""
    return {name: value.span.text for name, value in settings.items()}
