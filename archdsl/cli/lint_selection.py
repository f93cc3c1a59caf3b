"""Selection of the lints that a check runs: `--select` and `--ignore`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from typing import TYPE_CHECKING

from archdsl.cli.main import UsageError
from archdsl.diagnostics.suggest import clip, did_you_mean

if TYPE_CHECKING:  # only a check imports what looks for them
    from archdsl.analyses.lints import Lint


def add_lint_arguments(parser: ArgumentParser) -> None:
    """Add `--select` and `--ignore`."""
    what = "lints to run, separated by commas: a code (L201), a prefix (L2), ALL or DEFAULT"
    for option, text in (("select", what), ("ignore", "lints to skip (same syntax as --select)")):
        parser.add_argument(f"--{option}", action="append", default=[], metavar="CODES", help=text)


def selected(options: Namespace) -> tuple[Lint, ...]:
    """The selected lints; raise `UsageError` for an unknown code."""
    from archdsl.analyses.lints import LINTS

    wanted = _codes(options.select or ["DEFAULT"], LINTS)
    unwanted = _codes(options.ignore, LINTS)
    return tuple(lint for lint in LINTS if lint.code in wanted - unwanted)


def _codes(texts: Iterable[str], lints: Iterable[Lint]) -> set[str]:
    found: set[str] = set()
    for word in (word.strip().upper() for text in texts for word in text.split(",")):
        meant = {lint.code for lint in lints if _means(word, lint)}
        if not meant:
            known = sorted(lint.code for lint in lints)
            hint = did_you_mean(word, known, "`archdsl explain` lists all codes")
            if word.startswith("A"):
                hint = "codes that begin with A are of mistakes, which are always reported"
            raise UsageError(f"there is no lint {clip(word)!r}; {hint}")
        found |= meant
    return found


def _means(word: str, lint: Lint) -> bool:
    if word in ("ALL", "DEFAULT"):
        return lint.default or word == "ALL"
    return bool(word) and lint.code.startswith(word)
