"""Networks as people name them: a file, a shipped network, FILE:NETWORK, each with arguments."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from archdsl import files
from archdsl.diagnostics import Rejected, Source, UsageError
from archdsl.diagnostics.suggest import clip
from archdsl.driver import Request
from archdsl.syntax import ast
from archdsl.syntax.parse import parse_expression

CALL = re.compile(
    r"(?:(?P<file>-|.*\.arch):)?(?P<network>[A-Za-z]\w*)\s*(?P<call>\(.*\))?", re.DOTALL
)


@dataclass(frozen=True)
class Found:
    """The source and the choice of networks that a word means.

    `label` is what the word calls a variant; `shipped` the name of a shipped network in the
    library.
    """

    source: Source
    request: Request
    label: str | None = None
    shipped: str | None = None


def look_up(word: str) -> Found:
    """Find what a word means: `net.arch`, `resnet50`, `net.arch:small`, `resnet50(groups=32)`.

    Raise `UsageError` if it cannot be read, `Rejected` for a file that is not text.
    """
    match = CALL.fullmatch(word)
    if os.path.lexists(word) or not match or not (match["file"] or match["call"]):
        given = files.given(word)
        return Found(given.source, Request(given.network), shipped=given.network)
    name = match["network"]
    given = files.given(match["file"] or name)
    shipped = None if match["file"] else given.network
    if not match["call"]:
        return Found(given.source, Request(name), shipped=shipped)
    positional, settings = _arguments(word, name + match["call"])
    request = Request(name, settings, arguments=positional)
    return Found(given.source, request, clip(name + match["call"], 40), shipped)


def _arguments(word: str, text: str) -> tuple[list[ast.Argument], dict[str, ast.Expr]]:
    """The positional arguments of a call, and the named ones as settings."""
    try:
        call = parse_expression(text, "the command line")
    except Rejected as rejected:
        raise UsageError(f"{clip(word)}: {rejected.diagnostic.message}") from None
    if not isinstance(call, ast.Call) or not isinstance(call.callee, ast.Name):
        raise UsageError(f"{clip(word)}: write NETWORK(NAME=VALUE, …)")
    positional = [each for each in call.arguments if each.name is None]
    return positional, {each.name: each.value for each in call.arguments if each.name}
