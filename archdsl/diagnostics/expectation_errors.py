"""Wording of `expect` lines that do not hold: codes A500 to A599."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from archdsl.diagnostics.diagnostic import Diagnostic, Note
from archdsl.diagnostics.suggest import clip, did_you_mean, listing


def does_not_hold(text: str, found: Sequence[tuple[str, str]]) -> Diagnostic:
    """A501: an `expect` line that does not hold."""
    notes = tuple(Note(f"{name} is {value}") for name, value in found)
    return Diagnostic(
        "A501",
        f"this is not so: {clip(text, 100)}",
        help="fix the network or the `expect` line",
        notes=notes,
    )


def unknown_fact(name: str, known: Iterable[str]) -> Diagnostic:
    """A502: an unknown fact."""
    known = list(known)
    return Diagnostic(
        "A502",
        f"there is no fact `{clip(name)}`",
        help=did_you_mean(name, known, f"known are {listing(known)}"),
    )


def fact_of_no_network(name: str, networks: Sequence[str]) -> Diagnostic:
    """A502: a fact at the top level that does not begin with a network."""
    advice = "write the line in the network's own body"
    if networks:
        advice = f"begin with a network of the file: `{networks[0]}.params`"
    return Diagnostic(
        "A502",
        f"there is no fact `{clip(name)}` here",
        help=did_you_mean(name, networks, advice),
    )


def fact_of_an_expression(text: str) -> Diagnostic:
    """A502: a fact of an expression without a name, such as a network with arguments."""
    return Diagnostic(
        "A502",
        f"there is no fact `{clip(text)}`",
        help="facts are of names: `network m = n(depth=3)`, then `m.params`",
    )


def depth_of_a_part(path: str) -> Diagnostic:
    """A502: the depth of a part, where only a network has one."""
    return Diagnostic(
        "A502",
        f"`{clip(path)}` has no `depth`: it is a fact of a whole network",
        help="compare `depth` alone, or another fact of the part: `out`, `params` or `macs`",
    )


def reference_as_a_fact(text: str) -> Diagnostic:
    """A502: a reference in an `expect` line."""
    name = text.removeprefix("@")
    return Diagnostic(
        "A502",
        f"`@{clip(name)}` is a value, and facts are of names",
        help=f"write it without the sign: `{clip(name)}`",
    )


def ambiguous_fact(name: str) -> Diagnostic:
    """A505: the name of a fact of the network that a parameter or constant has, too."""
    return Diagnostic(
        "A505",
        f"`{name}` is a fact of the network and also a parameter or constant here",
        help="rename the parameter or constant, or write the line at the top level, after the"
        f" network: `expect NETWORK.{name} == …`",
    )


def no_field(path: str) -> Diagnostic:
    """A504: the receptive field of a value that no position bounds."""
    return Diagnostic(
        "A504",
        f"{f'`{clip(path)}`' if path else 'the network'} has no receptive field of its own: "
        "it sees the whole input, or none of it",
        help="ask for that of a value before the global pool or the flat layers",
    )


def not_a_fact(found: str) -> Diagnostic:
    """A503: an expectation that is neither true nor false."""
    return Diagnostic(
        "A503",
        f"an expectation is true or false, and this is {clip(found)}",
        help="compare it: `expect params == 25_557_032`",
    )
