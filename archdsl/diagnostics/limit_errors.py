"""Wording of exceeded limits: codes A400 to A499."""

from __future__ import annotations

from archdsl.diagnostics.diagnostic import Diagnostic
from archdsl.diagnostics.suggest import clip


def endless_function(name: str, most: int) -> Diagnostic:
    """A401: functions that call one another without end."""
    return Diagnostic(
        "A401",
        f"`{clip(name)}` is called more than {most} calls deep",
        help="stop with a condition: `1 if n == 0 else …`, and call it with a smaller number",
    )


def endless_recursion(name: str, limit: int) -> Diagnostic:
    """A401: block calls nested beyond the limit."""
    return Diagnostic(
        "A401",
        f"`{name}` calls itself more than {limit} calls deep",
        help="stop with `if`: `if n == 1 { … } else { … }`, and call it with a smaller number; for"
        " so many layers in a row use `repeat`",
    )


def calls_too_deep(name: str, limit: int) -> Diagnostic:
    """A401: a chain of different blocks, each called by the one before, beyond the limit."""
    return Diagnostic(
        "A401",
        f"`{clip(name)}` is called from within more than {limit} blocks",
        help="call blocks one after another, or merge blocks that only call the next",
    )


def too_many_nodes(limit: int) -> Diagnostic:
    """A402: a network beyond the limit."""
    return Diagnostic(
        "A402",
        f"the network has more than {limit:,} nodes",
        help="check the repeat counts for a typo",
    )


def too_many_repeats(count: int, limit: int) -> Diagnostic:
    """A403: a repeat beyond the limit."""
    shown = f"{count:,}" if count < 10**15 else "too many"
    return Diagnostic(
        "A403",
        f"{shown} iterations are more than the limit of {limit:,}",
        help="check the count for a typo",
    )


def too_much_work(limit: int) -> Diagnostic:
    """A404: a file that takes too many steps."""
    return Diagnostic(
        "A404",
        f"this takes more than {limit:,} steps to expand",
        help="use smaller repeat counts or less recursion",
    )


def number_too_large(what: str) -> Diagnostic:
    """A405: a value beyond the limit."""
    return Diagnostic(
        "A405", f"{clip(what)} is too large", help="numbers stay below 2**63, lists below 100,000"
    )


def too_many_mistakes(limit: int) -> Diagnostic:
    """A406: more mistakes than are listed."""
    return Diagnostic(
        "A406",
        f"there are more than {limit:,} mistakes: the search for them stopped here",
        help="fix those that are listed, then check again",
    )


def too_many_networks(count: int, limit: int) -> Diagnostic:
    """A407: more networks than one command works on."""
    return Diagnostic(
        "A407",
        f"the file has {count:,} networks, and a command works on at most {limit:,} of a file",
        help="choose one with --network NAME, or as FILE:NAME; `check` checks all",
    )


def too_many_nodes_at_once(count: int, networks: int, limit: int) -> Diagnostic:
    """A408: networks that are too large for one command."""
    what = "the network has" if networks == 1 else "the networks up to this one have"
    advice = "check the repeat counts for a typo"
    if networks > 1:
        advice = "choose one with --network NAME, or as FILE:NAME;"
    return Diagnostic(
        "A408",
        f"{what} {count:,} nodes, and a command works on at most {limit:,} of a file",
        help=f"{advice} `check` takes more",
    )
