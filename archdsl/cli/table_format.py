"""The option `--format` of the commands that print tables."""

from __future__ import annotations

from argparse import ArgumentParser

from archdsl.backends.report.table_formats import FORMATS

ONE_OR_SEVERAL = "json is one object for one network, a list for several"


def add_format_argument(parser: ArgumentParser, what: str = "output format") -> None:
    """Add `--format`: a table for people, or data for other tools and for papers."""
    parser.add_argument(
        "--format", choices=FORMATS, default="table", help=f"{what} (default: table)"
    )
