"""The command line: finds the command, hands over, turns the outcome into an exit code.

0: done; 1: findings in the input; 2: wrong usage or unreadable files; 70: a bug of ours.
"""

from __future__ import annotations

import gc
import os
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper

from archdsl.diagnostics import Diagnostic, Unusable

COMMANDS = {
    "check": "report mistakes, each with its place and the next step",
    "compile": "write PyTorch code, one standalone file a network",
    "summary": "print a network's layers, shapes, parameters and multiply-adds",
    "memory": "print what a network holds in memory, in inference and in training",
    "compare": "show networks side by side, as a table and as a chart",
    "sweep": "explore variants of a network, as a table and as a chart",
    "diff": "say what changed between two networks: structure, cost, weights",
    "zoo": "list the networks of the shipped library with their papers and costs",
    "profile": "print the least time that a device needs for a network, layer by layer",
    "render": "draw networks, as people put them into papers",
    "explain": "print the page of a message's code",
}


class UsageError(Unusable):
    """A request that cannot be carried out: exit code 2."""


class Findings(Exception):  # noqa: N818 - what was found, not what failed
    """Mistakes in what a command was given: exit code 1."""

    def __init__(self, found: Sequence[Diagnostic]) -> None:
        super().__init__(f"{len(found)} mistakes")
        self.found = found


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; each is a file beside this one with `add_arguments` and `run`."""
    collecting = gc.isenabled()
    gc.disable()  # a command keeps what it makes until it ends: collecting only takes time
    try:
        return _run(arguments)
    finally:
        if collecting:
            gc.enable()


def _run(arguments: Sequence[str] | None) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = ArgumentParser(prog="archdsl", description="Convolutional networks as text.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    wanted = next((word for word in words if word in COMMANDS), None)
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary)
        if name == wanted:
            import_module(f"archdsl.cli.{name}").add_arguments(command)
    options = parser.parse_args(words)
    try:
        if getattr(options, "plugins", None):
            from archdsl.elaboration.plugins import load_file

            for path in options.plugins:
                load_file(path)
        return int(import_module(f"archdsl.cli.{options.command}").run(options))
    except Findings as findings:
        from archdsl.diagnostics.draw import draw

        for diagnostic in findings.found:
            print(draw(diagnostic, sys.stderr.isatty()), end="\n\n", file=sys.stderr)
        return 1
    except Unusable as error:
        print(f"archdsl: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader has seen enough; Python would complain on its way out
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # the last line of defence: a bug gets a message too
        from traceback import format_exc

        print(format_exc(), file=sys.stderr)
        print(f"archdsl: this is our bug, please report it: {error}", file=sys.stderr)
        return 70
