"""`archdsl lsp`: a language server for editors, on standard input and output."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from importlib.util import find_spec

from archdsl.cli.main import UsageError

EXAMPLES = (
    ("archdsl lsp", "answer an editor that starts this command"),
    ("archdsl lsp --version", "print the version of the server, and of what it needs"),
)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--version", action="store_true", help="print versions and end")


def run(options: Namespace) -> int:
    """Serve until the editor ends; raise `UsageError` where pygls is missing."""
    if find_spec("pygls") is None:
        raise UsageError("the language server needs pygls: pip install 'archdsl[lsp]'")
    if options.version:
        from importlib.metadata import version

        from archdsl.version import __version__

        print(f"archdsl {__version__}, pygls {version('pygls')}")
        return 0
    from archdsl.server.main import make_server

    make_server().start_io()
    return 0
