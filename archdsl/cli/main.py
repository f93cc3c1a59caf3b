"""The command line: run one command and turn its outcome into an exit code.

0: done; 1: findings in the input; 2: wrong usage, files that cannot be read or written, a plugin
that fails; 70: a bug in archdsl; 130: interrupted; 141: the reader closed the output.
"""

from __future__ import annotations

import gc
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from archdsl.cli import streams
from archdsl.diagnostics import CannotRun, Diagnostic
from archdsl.diagnostics import UsageError as UsageError
from archdsl.version import __version__

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

COMMANDS = {
    "check": "report mistakes, each with its place and the next step",
    "compile": "write PyTorch code, one standalone file per network",
    "summary": "print a network's layers, shapes, parameters and multiply-adds",
    "memory": "print the memory of inference and training",
    "compare": "show networks side by side, as a table and as a chart",
    "sweep": "explore variants of a network, as a table and as a chart",
    "diff": "show what changed between two networks: structure, cost, weights",
    "zoo": "list the networks of the shipped library with their papers and costs",
    "profile": "print the least time that a device needs, layer by layer",
    "render": "draw publication-quality diagrams",
    "pack": "prune weights and write them as a small file",
    "unpack": "write the state_dict in a file of pack",
    "explain": "explain a message by its code, with examples",
}


class Findings(Exception):  # noqa: N818 - what was found, not what failed
    """Raised with the mistakes in the input of a command: exit code 1."""

    def __init__(self, found: Sequence[Diagnostic]) -> None:
        super().__init__(f"{len(found)} mistakes")
        self.found = found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command: a file in this folder with `add_arguments` and `run`."""
    streams.prepare()
    collecting = gc.isenabled()
    gc.disable()  # a command keeps what it makes until it ends: collecting only takes time
    try:
        try:
            return _run(list(sys.argv[1:] if arguments is None else arguments))
        finally:
            sys.stdout.flush()  # here, where an error can still change the exit code
    except OSError as error:
        if not streams.is_lost_output(error):
            raise
        return streams.lost(error)
    finally:
        if collecting:
            gc.enable()


def _run(words: list[str]) -> int:
    options = parser(words).parse_args(words, Namespace(words=words))
    try:
        if getattr(options, "plugins", None):
            from archdsl.elaboration.plugins import load_file

            for path in options.plugins:
                load_file(path)
        return int(import_module(f"archdsl.cli.{options.command}").run(options))
    except Findings as findings:
        show(findings.found)
        return 1
    except CannotRun as error:
        print(f"archdsl: {error}", file=sys.stderr)
        return 2
    except Exception as error:  # the last line of defence: a bug gets a message too
        if isinstance(error, OSError) and streams.is_lost_output(error):
            raise
        return _failed(error)


class _Parser(ArgumentParser):
    """An `ArgumentParser` that raises if its help text cannot be written."""

    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:
        (file or sys.stderr).write(message)


def parser(words: list[str]) -> ArgumentParser:
    """Return the argument parser; only the module of the requested command is imported."""
    found = _Parser(prog="archdsl", description="Convolutional networks as text.")
    found.add_argument("--version", action="version", version=f"archdsl {__version__}")
    commands = found.add_subparsers(dest="command", metavar="COMMAND", required=True)
    wanted = next((word for word in words if word in COMMANDS), None)
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary)
        if name == wanted:
            import_module(f"archdsl.cli.{name}").add_arguments(command)
    return found


def show(found: Iterable[Diagnostic]) -> None:
    """Print findings to standard error."""
    from archdsl.diagnostics.text_form import to_text

    for diagnostic in found:
        print(to_text(diagnostic, sys.stderr.isatty()), end="\n\n", file=sys.stderr)


def _failed(error: Exception) -> int:
    """Report an unexpected error: one of a plugin, else a bug in archdsl."""
    from traceback import format_exc

    from archdsl.elaboration.plugins import blamed

    plugin = blamed(error)
    if plugin is not None:
        print(f"archdsl: {plugin}", file=sys.stderr)
        return 2
    print(format_exc(), file=sys.stderr)
    print(f"archdsl: this is our bug, please report it: {error}", file=sys.stderr)
    return 70
