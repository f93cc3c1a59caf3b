"""`archdsl help COMMAND`: the options of a command, with examples."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from archdsl.cli.parser import COMMANDS, parser

EXAMPLES = (
    ("archdsl help", "list the commands"),
    ("archdsl help sweep", "print the options of sweep, with examples"),
)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "topic", nargs="?", metavar="COMMAND", choices=COMMANDS,
        help="a command (default: list all)",
    )  # fmt: skip


def run(options: Namespace) -> int:
    """Print the help of a command, or of all."""
    whole, commands = parser([options.topic] if options.topic else [])
    (commands[options.topic] if options.topic else whole).print_help()
    return 0
