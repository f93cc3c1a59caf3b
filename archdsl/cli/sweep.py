"""`archdsl sweep FILE --set NAME=VALUE,VALUE,…`: measure all variants of a network."""

from __future__ import annotations

import gc
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from math import prod

from archdsl.analyses.measures import MEASURES, QUICK
from archdsl.api.catalogue import MOST_VARIANTS, PROBLEM, combinations
from archdsl.backends.report import record_table
from archdsl.backends.report.comparison import columns
from archdsl.backends.report.record_table import RecordColumn
from archdsl.cli.comparison_options import add_columns_argument, add_plot_argument, write_plot
from archdsl.cli.main import INTERRUPTED, Findings, UsageError
from archdsl.cli.network_lines import add_emit_argument, emit_networks
from archdsl.cli.parallel import add_jobs_argument, mapped
from archdsl.cli.progress import progress
from archdsl.cli.request import add_request_arguments, choices_from
from archdsl.cli.row_selection import RowSelection, add_selection_arguments
from archdsl.cli.solve import Solver, add_solve_arguments, solver_from
from archdsl.cli.sweep_rows import Explorer, Settings, SweepRow, explorer, varied_settings
from archdsl.cli.table_format import add_format_argument
from archdsl.cli.terminal import remark, width
from archdsl.diagnostics.suggest import clip
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
    (
        "archdsl sweep net.arch --set groups=1,32 --solve c --for macs=4.2e9 --emit found.arch",
        "find the widest networks within a budget, and write them as a file",
    ),
)


def add_arguments(parser: ArgumentParser) -> None:
    add_request_arguments(parser, several=True)
    add_format_argument(parser)
    add_columns_argument(parser, tuple(MEASURES), QUICK)
    add_selection_arguments(parser)
    add_solve_arguments(parser)
    add_emit_argument(parser)
    add_jobs_argument(parser)
    add_plot_argument(parser, "the variants as a chart with its Pareto front")
    parser.add_argument("--x", choices=MEASURES, default="macs", help="across (default: macs)")
    parser.add_argument("--y", choices=MEASURES, default="params", help="upwards (default: params)")
    parser.add_argument(
        "--more", choices=MEASURES, action="append", default=[],
        help="for the Pareto front: a column where more is better (depth always is)",
    )  # fmt: skip


def run(options: Namespace) -> int:
    """Show every variant, with its first mistake or the first `expect` line that it breaks.

    CSV is printed row by row. An interrupt ends the search: the variants so far are shown. Raise
    `Findings` if the file has mistakes or no variant can be built.
    """
    choices = choices_from(options.settings)
    solver = solver_from(options, list(choices))
    variants = _variants(choices, solver)
    varied = [*choices, *([solver.name] if solver else [])]
    selection = RowSelection(options, dict.fromkeys((*MEASURES, *varied)))
    found = explorer(options, {*selection.names, *(solver.bounds if solver else ())})
    which = [RecordColumn(name, name) for name in varied]
    shown = (*columns(options.columns, which), RecordColumn(PROBLEM, PROBLEM))
    printer = _CsvPrinter(shown, selection) if _streams(options) else None
    rows = _rows(partial(_row, found, solver), variants, options, printer)
    if not any(row.made for row in rows):
        raise _nothing(found, solver, variants[0])
    kept = selection.select((row.values, row) for row in rows)
    if len(kept) < len(rows):
        remark(f"{len(kept):,} of {len(rows):,} variants are kept by --where")
    fine = [row for row in kept if row.made and not row.problem]
    if options.plot:
        _plot(fine, found.network, options)
    if options.emit:
        emit_networks(options.emit, found, fine)
    if printer is None:
        records = [row.record for row in kept]
        print(record_table.formatted(options.format, shown, records, width()))
    if len(rows) == len(variants):
        return 0
    sys.stdout.flush()
    print(f"archdsl: interrupted: {len(rows):,} of {len(variants):,} variants", file=sys.stderr)
    return INTERRUPTED


def _row(found: Explorer, solver: Solver | None, settings: Settings) -> SweepRow:
    """The row of a variant, with the value that is searched for."""
    if solver is None:
        return found.row(settings)
    solved = solver.solve(lambda value: found.row({**settings, **solver.setting(value)}))
    texts = {name: value.span.text for name, value in settings.items()}
    return solved or SweepRow(texts, {}, None, str(solver))


def _nothing(found: Explorer, solver: Solver | None, settings: Settings) -> Exception:
    """The error where no variant can be built: the first mistake, else bounds that none keeps."""
    first = {**settings, **(solver.setting(solver.values[0]) if solver else {})}
    mistake = found.mistake(first)
    return Findings([mistake]) if mistake else UsageError(f"--solve: {solver}")


def _rows(
    row_of: Callable[[Settings], SweepRow],
    variants: Sequence[Settings],
    options: Namespace,
    printer: _CsvPrinter | None,
) -> list[SweepRow]:
    """Explore the variants until an interrupt, which counts only if there is a row."""
    rows: list[SweepRow] = []
    with _collecting():
        made = mapped(row_of, variants, options.jobs)
        if printer is None or not sys.stdout.isatty():  # a bar would be between the rows
            made = progress(made, len(variants), "variants")
        try:
            for row in made:
                rows.append(row)
                if printer:
                    printer.add(row)
        except KeyboardInterrupt:
            if not rows:
                raise
    return rows


def _streams(options: Namespace) -> bool:
    """Whether rows can be printed as they are found."""
    return options.format == "csv" and not options.sort


class _CsvPrinter:
    """A printer of rows as they are found, from the first one without a mistake."""

    def __init__(self, shown: Sequence[RecordColumn], selection: RowSelection) -> None:
        self._columns = shown
        self._selection = selection
        self._waiting: list[SweepRow] = []
        self._begun = False

    def add(self, row: SweepRow) -> None:
        self._waiting.append(row)
        if not self._begun and row.made is None:
            return
        kept = self._selection.select((each.values, each) for each in self._waiting)
        self._waiting.clear()
        records = [each.record for each in kept]
        text = record_table.as_csv(self._columns, records, head=not self._begun)
        self._begun = True
        if text:
            print(text, flush=True)


def _plot(rows: Sequence[SweepRow], network: str, options: Namespace) -> None:
    """Draw the variants that hold their `expect` lines."""
    from archdsl.backends.chart.figures import explored

    varied = varied_settings(rows)
    entries = [replace(row.made, label=_label(row.settings, varied)) for row in rows if row.made]
    if not entries:
        raise UsageError("--plot: no variant fulfils --where and the `expect` lines")
    write_plot(options.plot, explored(entries, options.x, options.y, network, options.more))
    remark(f"{options.plot}: {len(entries):,} variants")


def _variants(
    choices: Mapping[str, tuple[ast.Expr, ...]], solver: Solver | None
) -> list[dict[str, ast.Expr]]:
    """Return every combination of values, if there are not too many."""
    count = prod(map(len, choices.values()))
    if not choices and solver is None:
        raise UsageError("nothing to vary: give values with --set, as in --set groups=1,2,4")
    if count > MOST_VARIANTS:
        raise UsageError(f"{count:,} variants are more than {MOST_VARIANTS:,}: give fewer values")
    return combinations(choices)


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


def _label(settings: Mapping[str, str], varied: Collection[str]) -> str:
    """The label of a variant."""
    shown = [f"{name}={text}" for name, text in settings.items() if name in varied]
    return clip(", ".join(shown), 40)
