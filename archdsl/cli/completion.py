"""`archdsl completion SHELL`: the script that completes commands, options and names in a shell.

The library argcomplete asks this program for candidates, so they are always those of the installed
version. It is imported only for a completion.
"""

from __future__ import annotations

import os
from argparse import Action, ArgumentParser, Namespace
from collections.abc import Callable, Iterable

from archdsl.cli.parser import parser

EXAMPLES = (
    ('eval "$(archdsl completion bash)"', "a line for ~/.bashrc"),
    ('eval "$(archdsl completion zsh)"', "a line for ~/.zshrc, below compinit"),
    ("archdsl completion fish | source", "a line for ~/.config/fish/config.fish"),
)
SHELLS = ("bash", "zsh", "fish")


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=", ".join(SHELLS))


def run(options: Namespace) -> int:
    """Print the script."""
    from argcomplete.shell_integration import shellcode

    print(shellcode(["archdsl"], shell=options.shell))
    return 0


def complete() -> None:
    """Answer a request of a shell, and end the process."""
    from argcomplete import autocomplete

    whole, commands = parser(os.environ.get("COMP_LINE", "").split())
    for command in commands.values():
        for action in command._actions:
            completer = _completer(action)
            if completer is not None:
                setattr(action, "completer", completer)  # noqa: B010 - argcomplete looks for it
    autocomplete(whole)


def _completer(action: Action) -> Callable[..., Iterable[str]] | None:
    """The function that proposes values of an argument; None for choices and files."""
    word = action.metavar
    if word == "NETWORK" or (word in ("FILE", "A", "B") and not action.option_strings):
        return _networks_and_files
    if action.dest == "network" or (word == "NAME" and not action.option_strings):
        return _networks
    if word == "CODE":
        return _codes
    if action.dest == "device":
        return _devices
    return None


def _networks_and_files(prefix: str, **_: object) -> list[str]:
    from argcomplete.completers import FilesCompleter

    return [*_networks(), *FilesCompleter(("arch",))(prefix)]


def _networks(**_: object) -> list[str]:
    from archdsl.files import shipped_networks

    return list(shipped_networks())


def _codes(**_: object) -> list[str]:
    from archdsl.diagnostics import pages

    return list(pages.codes())


def _devices(**_: object) -> list[str]:
    from archdsl.cli.devices import shipped_devices

    return list(shipped_devices())
