"""Which lints a check runs: `--select` and `--ignore`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from typing import TYPE_CHECKING

from archdsl.cli.main import UsageError
from archdsl.diagnostics.suggest import clip, did_you_mean

if TYPE_CHECKING:  # only a check imports what looks for them
    from archdsl.analyses.lints import Lint

ALL = "ALL"


def add_lint_arguments(parser: ArgumentParser) -> None:
    """`--select` and `--ignore`."""
    for option, what in (
        ("select", f"lints to run instead of the default ones: L201, L4 (all from L400 on), {ALL}"),
        ("ignore", "lints not to run"),
    ):
        parser.add_argument(f"--{option}", action="append", default=[], metavar="CODES", help=what)


def selected(options: Namespace) -> tuple[Lint, ...]:
    """The lints that the options ask for; `UsageError` for a code that no lint has."""
    from archdsl.analyses.lints import CODES, LINTS

    wanted, unwanted = _codes(options.select, CODES), _codes(options.ignore, CODES)
    if not options.select:
        wanted = {lint.code for lint in LINTS if lint.default}
    return tuple(lint for lint in LINTS if lint.code in wanted - unwanted)


def _codes(texts: Iterable[str], known: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for word in (word.strip().upper() for text in texts for word in text.split(",")):
        meant = {code for code in known if word in (code, ALL) or (word and code.startswith(word))}
        if not meant:
            hint = did_you_mean(word, sorted(known), "`archdsl explain` lists all codes")
            if word.startswith("A"):
                hint = "codes that begin with A are of mistakes, which are always reported"
            raise UsageError(f"there is no lint {clip(word)!r}; {hint}")
        found |= meant
    return found
