"""Networks in notebooks: cells that begin with `%%arch`, after `%load_ext archdsl.notebook`."""

from __future__ import annotations

import shlex
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from archdsl.api import Network
    from archdsl.diagnostics import Diagnostic, Source


class _Options(ArgumentParser):
    """A parser of the first line of a cell; a mistake is raised, not printed before an exit."""

    def error(self, message: str) -> NoReturn:
        raise ValueError(f"%%arch: {message}")


def load_ipython_extension(shell: Any) -> None:
    """Register the cell magic `%%arch`."""
    names: dict[str, Any] = {}  # of the cells that have run

    def arch(line: str, cell: str) -> None:
        """Show the networks of a cell, and bind them to their names.

        %%arch [NETWORK] [--level LEVEL] [--color-by NUMBER] [--no-picture] [--no-summary]

        A cell sees the names of the cells that ran before it.
        """
        try:
            _run(shell, names, _options(line), cell)
        except ValueError as error:  # mistakes in the cell, or in its first line
            print(error)  # noqa: T201 - a cell's answer

    shell.register_magic_function(arch, "cell", "arch")


def _options(line: str) -> Namespace:
    parser = _Options(add_help=False, allow_abbrev=False)
    parser.add_argument("network", nargs="?")
    parser.add_argument("--level")
    parser.add_argument("--color-by")
    parser.add_argument("--no-picture", action="store_true")
    parser.add_argument("--no-summary", action="store_true")
    return parser.parse_args(shlex.split(line))


def _run(shell: Any, names: dict[str, Any], options: Namespace, cell: str) -> None:
    from IPython.display import display  # type: ignore[import-not-found,unused-ignore]

    from archdsl.api.errors import as_text
    from archdsl.api.loading import networks
    from archdsl.diagnostics import Sink, Source
    from archdsl.driver import Request

    number = len(shell.user_ns["In"]) - 1
    source, facts = Source(f"<cell {number}>", f"\n{cell}"), Sink()  # the lines as people see them
    before = dict(names)
    found = networks(source, Request(options.network), facts, names)
    shell.user_ns.update((network.name, network) for network in found)
    for network in found:
        display(_bundle(network, options), raw=True)  # type: ignore[no-untyped-call,unused-ignore]
    remarks = as_text([*facts.in_order(), *_lints(source, found)])
    if not found and not remarks:
        new = [name for name, value in names.items() if before.get(name) is not value]
        remarks = f"defined {', '.join(new)}" if new else "the cell defines nothing"
    if remarks:
        print(remarks)  # noqa: T201 - a cell's answer


def _bundle(network: Network, options: Namespace) -> dict[str, str]:
    """The picture and the summary as HTML, and the summary as text."""
    summary = network.summary(1)
    picture = "" if options.no_picture else network.render(options.level, color_by=options.color_by)
    table = "" if options.no_summary else summary.html
    return {"text/html": f"{picture}{table}", "text/plain": summary.text}


def _lints(source: Source, found: Sequence[Network]) -> list[Diagnostic]:
    """The lint warnings of a cell."""
    from archdsl.analyses.lints import LINTS, review
    from archdsl.deep_stack import deep

    with deep():
        return review(source, [each.ir for each in found], [lint for lint in LINTS if lint.default])
