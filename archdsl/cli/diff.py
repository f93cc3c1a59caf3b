"""`archdsl diff A B`: what changed between two networks, and whether the old weights load."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from archdsl.backends.report.difference import as_json, as_text, report
from archdsl.cli.networks import HELP, one_each, report_facts
from archdsl.cli.request import add_plugin_argument, inputs_from

EXAMPLES = (
    ("archdsl diff old.arch new.arch", "print what changed, and whether old weights load"),
    (
        "archdsl diff resnet50 net.arch:mine --format json",
        "compare with one network of a file, for other tools",
    ),
)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("before", metavar="A", help=f"the old network: {HELP}")
    parser.add_argument("after", metavar="B", help="the new network (same syntax)")
    parser.add_argument(
        "--input", action="append", default=[], metavar="[NAME=]CxHxW", dest="inputs",
        help="the size of the input of both: --input 3x192x192",
    )  # fmt: skip
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="output format (default: text)"
    )
    add_plugin_argument(parser)


def run(options: Namespace) -> int:
    """Show what differs; return 0 if only the names do, else 1, as `diff` does.

    Return 1 also if an `expect` line does not hold.
    """
    before, after = one_each([options.before, options.after], inputs_from(options.inputs))
    found = report(before.graph, after.graph, (before.label, after.label))
    print(as_json(found) if options.format == "json" else as_text(found))
    return max(report_facts((before, after)), int(bool(found.found)))
