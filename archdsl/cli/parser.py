"""The parser of the command line: commands, their options, examples, and usage errors."""

from __future__ import annotations

import sys
from argparse import Action, ArgumentError, ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterable, Sequence
from importlib import import_module
from itertools import takewhile
from typing import TYPE_CHECKING, Any, NoReturn

from archdsl.cli.terminal import add_display_arguments
from archdsl.diagnostics.suggest import clip, did_you_mean, listing
from archdsl.version import __version__

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

COMMANDS = {
    "new": "write a commented file to begin with",
    "check": "report mistakes, each with its place and the next step",
    "fmt": "format files: indentation, blanks, columns",
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
    "lsp": "answer an editor: mistakes, shapes, help while you write",
    "completion": "print the script that completes commands in a shell",
    "doctor": "print the versions and folders that a bug report needs",
    "help": "print the options of a command, with examples",
}
EXAMPLES = (
    ("archdsl new mynet", "write mynet.arch, a network to begin with"),
    ("archdsl check net.arch", "report the mistakes in a file"),
    ("archdsl summary resnet50", "print the layers of a shipped network"),
    ("archdsl compile net.arch -o code", "write PyTorch code to the folder code"),
    ("archdsl help compile", "print the options of a command, with examples"),
)


class Parser(ArgumentParser):
    """An `ArgumentParser` whose errors suggest the nearest word and show this command's usage.

    It also raises if its help text cannot be written, and accepts no abbreviated options.
    """

    def __init__(self, **options: Any) -> None:
        options.setdefault("formatter_class", RawDescriptionHelpFormatter)
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        """Print the usage of this command and the message; exit with 2."""
        self.print_usage(_standard_error())
        command = self.prog.partition(" ")[2]
        topic = " ".join(["help", command]).strip()
        self.exit(2, f"{self.prog}: {message}\n`archdsl {topic}` prints the options\n")

    def unknown(self, word: str) -> NoReturn:
        """Reject a word that is neither an option nor a value of this command."""
        if not word.startswith("-"):
            self.error(f"unexpected argument {clip(word)!r}")
        name = word.partition("=")[0]
        hint = did_you_mean(name, self.option_names())
        self.error(f"there is no option {clip(name)!r}" + (f"; {hint}" if hint else ""))

    def option_names(self) -> list[str]:
        """Return all options of this command."""
        return [name for action in self._actions for name in action.option_strings]

    def _check_value(self, action: Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        known = [str(each) for each in action.choices]
        hint = did_you_mean(str(value), known, f"there are {listing(known, most=len(known))}")
        if action.dest == "command":
            raise ArgumentError(None, f"there is no command {clip(str(value))!r}; {hint}")
        raise ArgumentError(action, f"there is no {clip(str(value))!r}; {hint}")

    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:
        (file or _standard_error()).write(message)


class CommandParser(Parser):
    """The parser of one command; misspelt options are reported before missing arguments."""

    def parse_known_args(  # type: ignore[override]  # argparse has an overload per namespace
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        known = self.option_names()
        for word in takewhile(lambda each: each != "--", args or ()):
            name = word.partition("=")[0]
            if name.startswith("--") and " " not in name and name not in known:
                self.unknown(word)
        return super().parse_known_args(args, namespace)


def parser(words: Iterable[str]) -> tuple[Parser, dict[str, CommandParser]]:
    """Return the parser and those of the commands.

    Only the module of the requested command is imported: the parsers of the others have no
    options.
    """
    found = Parser(
        prog="archdsl",
        description="Convolutional networks as text.",
        epilog=_examples(EXAMPLES),
    )
    found.add_argument("-V", "--version", action="version", version=f"archdsl {__version__}")
    commands = found.add_subparsers(dest="command", metavar="COMMAND", parser_class=CommandParser)
    wanted = next((word for word in words if word in COMMANDS), None)
    made = {
        name: commands.add_parser(name, help=summary, description=f"{_sentence(summary)}.")
        for name, summary in COMMANDS.items()
    }
    if wanted is not None:
        module = import_module(f"archdsl.cli.{wanted}")
        module.add_arguments(made[wanted])
        add_display_arguments(made[wanted])
        made[wanted].epilog = _examples(module.EXAMPLES)
    return found, made


def _examples(examples: Iterable[tuple[str, str]]) -> str:
    return "\n".join(["examples:", *(f"  {line}\n      {text}" for line, text in examples)])


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def _standard_error() -> SupportsWrite[str]:
    return sys.stderr
