"""The command line: run one command and turn its outcome into an exit code.

0: done; 1: findings in the input; 2: wrong usage, files that cannot be read or written, a plugin
that fails; 70: a bug in archdsl; 130: interrupted; 141: the reader closed the output.
"""

from __future__ import annotations

import gc
import os
import sys
from argparse import Namespace
from collections.abc import Iterable, Sequence
from importlib import import_module

from archdsl.cli import streams, terminal
from archdsl.cli.parser import parser
from archdsl.cli.project_options import use_project
from archdsl.diagnostics import CannotRun, Diagnostic
from archdsl.diagnostics import UsageError as UsageError
from archdsl.diagnostics.suggest import clip

INTERRUPTED = 130  # as shells report SIGINT


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
    if "_ARGCOMPLETE" in os.environ:
        from archdsl.cli.completion import complete

        complete()
    options = _parsed(words)
    if options is None:
        return 0
    terminal.use(options)
    if getattr(options, "watch", False):
        from archdsl.cli.watch import watched

        try:
            return watched(options, _answer)
        except CannotRun as error:
            print(f"archdsl: {error}", file=sys.stderr)
            return 2
    return _answer(options)


def _answer(options: Namespace) -> int:
    """Run a command; return its exit code."""
    try:
        use_project(options)
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


def _parsed(words: list[str]) -> Namespace | None:
    """The options in the words; without any words print the help and return None."""
    whole, commands = parser(words)
    if not words:
        whole.print_help()
        return None
    options, unknown = whole.parse_known_args(words, Namespace(words=words))
    if unknown:
        commands.get(options.command, whole).unknown(unknown[0])
    if options.command is None:
        whole.error("a command is missing")
    return options


def show(found: Iterable[Diagnostic]) -> None:
    """Print findings to standard error."""
    from archdsl.diagnostics.text_form import to_text

    colour = terminal.coloured(sys.stderr)
    for diagnostic in found:
        print(to_text(diagnostic, colour), end="\n\n", file=sys.stderr)


def _failed(error: Exception) -> int:
    """Report an unexpected error: one of a plugin or of a file, else a bug in archdsl."""
    from traceback import format_exc

    from archdsl.elaboration.plugins import blamed

    plugin = blamed(error)
    if plugin is not None:
        print(f"archdsl: {plugin}", file=sys.stderr)
        return 2
    if isinstance(error, OSError):  # of a file, as where its name is too long for the system
        print(f"archdsl: {clip(repr(error.filename))}: {error.strerror}", file=sys.stderr)
        return 2
    print(format_exc(), file=sys.stderr)
    print(f"archdsl: this is our bug, please report it: {error}", file=sys.stderr)
    return 70
