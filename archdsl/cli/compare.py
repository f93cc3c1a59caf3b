"""`archdsl compare A B …`: networks side by side, and as a chart."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from archdsl import files
from archdsl.analyses.measures import MEASURES, TOP1
from archdsl.backends.report import record_table
from archdsl.backends.report.comparison import columns, compared
from archdsl.cli.comparison_options import add_columns_argument, add_plot_argument, write_plot
from archdsl.cli.networks import HELP, Named, networks, report_facts
from archdsl.cli.progress import progress
from archdsl.cli.request import add_plugin_argument, inputs_from
from archdsl.cli.results import results_of
from archdsl.cli.table_format import add_format_argument
from archdsl.cli.terminal import remark, width

EXAMPLES = (
    ("archdsl compare resnet50 densenet121", "print two networks side by side"),
    (
        "archdsl compare resnet50 'resnet50(groups=32, base=4)' --columns params,macs",
        "compare a network with a variant of it",
    ),
    (
        "archdsl compare resnet18 resnet50 vgg16 --plot chart.svg",
        "draw accuracy and cost as a chart",
    ),
    (
        "archdsl compare mine.arch resnet50 --results mine.csv --plot chart.svg",
        "put accuracies of your own beside published ones",
    ),
)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("networks", nargs="+", metavar="NETWORK", help=HELP)
    parser.add_argument(
        "--input", action="append", default=[], metavar="[NAME=]CxHxW", dest="inputs",
        help="the size of the input of all of them: --input 3x192x192",
    )  # fmt: skip
    add_format_argument(parser)
    words = (*MEASURES, TOP1.word)
    add_columns_argument(parser, words, words)
    add_plot_argument(parser, "accuracy, operations, parameters and memory as a chart")
    parser.add_argument("--x", choices=words, default="macs", help="across (default: macs)")
    parser.add_argument(
        "--y", choices=words, help="upwards (default: top1 where a network has it, else params)"
    )
    parser.add_argument(
        "--results", metavar="FILE", type=Path,
        help="accuracies of yours in percent, which replace published ones: a .csv file with the"
        " columns network and top1, or a .json object",
    )  # fmt: skip
    add_plugin_argument(parser)


def _accuracies(named: Sequence[Named], results: Path | None) -> tuple[dict[str, float], str]:
    """The known accuracies by label, and their sources; the user's replace published ones."""
    published = files.published()
    own = results_of(results, [each.label for each in named]) if results else {}
    others = {
        each.label: published.top1[each.shipped]
        for each in named
        if each.shipped and each.shipped in published.top1 and each.label not in own
    }
    sources = [*([results.name] if results and own else []), *([published.source] * bool(others))]
    return {**others, **own}, "; ".join(sources)


def run(options: Namespace) -> int:
    """Show all networks, or none if one has mistakes; return 1 if an `expect` fails."""
    named = networks(options.networks, inputs_from(options.inputs))
    accuracies, sources = _accuracies(named, options.results)
    found = [
        compared(each.graph, each.label, top1=accuracies.get(each.label))
        for each in progress(named, len(named), "networks")
    ]
    if options.plot:
        from archdsl.backends.chart.figures import complexity

        write_plot(options.plot, complexity(found, options.x, options.y, sources))
        remark(f"{options.plot}: {len(found)} networks")
    records = [each.record for each in found]
    print(record_table.formatted(options.format, columns(options.columns), records, width()))
    return report_facts(named)
