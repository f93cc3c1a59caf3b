"""Wording of mistakes in labels and in references to them."""

from __future__ import annotations

from collections.abc import Sequence

from archdsl.diagnostics.diagnostic import Diagnostic, Note
from archdsl.diagnostics.source import Span
from archdsl.diagnostics.suggest import clip, did_you_mean, listing


def label_twice(name: str, path: str, where: Span | None, repeated: bool) -> Diagnostic:
    """A209: two layers with one name in one scope; `repeated` when one text made both."""
    if repeated:
        advice = (
            f"give it an index: `repeat i in range(n) {{ {clip(name)}{{i}}: … }}`,"
            " or label the `repeat` or `split` around it"
        )
    else:
        advice = "labels name weights, so each is used once: give one of them another label"
    return Diagnostic(
        "A209",
        f"two layers of {path} are called `{clip(name)}`",
        help=advice,
        notes=(Note("first used here", where),) if where else (),
    )


def iterations_of_one_label(name: str, path: str) -> Diagnostic:
    """A209: iterations of one item, whose label takes the place of their numbers."""
    return Diagnostic(
        "A209",
        f"two iterations of {path} are called `{clip(name)}`: a label of their only item takes the "
        "place of their numbers",
        help=f"give it an index: `repeat i in range(n) {{ {clip(name)}{{i}}: … }}`; or remove it, "
        "which leaves the numbers",
    )


def unknown_reference(name: str, known: Sequence[str], inside: str | None = None) -> Diagnostic:
    """A210: a reference to a label that is not there, or not yet; `inside` another label."""
    advice = "a reference reaches labels above it in the same block or network"
    if name == "input":
        advice = "give the input a name: `input left 3x32x32`, then `@left`"
    if inside:
        advice = (
            f"`{clip(inside)}` holds {listing(known)}" if known else "label what is meant there"
        )
    return Diagnostic(
        "A210",
        f"there is no earlier label `{clip(name)}` here",
        help=did_you_mean(name, known, advice),
    )


def no_such_iteration(label: str, word: str, name: str, count: int) -> Diagnostic:
    """A210: a reference into a labelled repeat that is no number of an iteration."""
    found = f"`{clip(label)}` has {count} iterations, numbered from 0"
    advice = f"{found}: `@{clip(label)}.{max(count - 1, 0)}` is the last"
    if not word.isdigit():
        advice = f"{found}; a label inside one follows its number: `@{clip(label)}.0.{clip(word)}`"
    return Diagnostic("A210", f"there is no earlier label `{clip(name)}` here", help=advice)


def inside_itself(name: str, where: Span) -> Diagnostic:
    """A227: a reference to a label from inside the item that it labels."""
    label = name.split(".")[0]
    return Diagnostic(
        "A227",
        f"`{clip(label)}` has no value yet: this reference is inside the item that it labels",
        help="reference a label that is complete above, or write `identity` for the current value",
        notes=(Note("the labelled item is here", where),),
    )


def unused_reference(name: str) -> Diagnostic:
    """A211: a reference whose value is dropped at once."""
    return Diagnostic(
        "A211",
        f"the value of `@{clip(name)}` is never used",
        help="remove it, or merge it with what follows: `concat { | @a | @b }`",
    )


def automatic_twice(name: str, path: str, label: Span, word: str) -> Diagnostic:
    """A209: a label that an unlabelled layer has as its automatic name."""
    return Diagnostic(
        "A209",
        f"two layers of {path} are called `{clip(name)}`: this one has no label and gets the name",
        help=f"label it too, or rename the label: unlabelled layers are `{word}1`, `{word}2`, …",
        notes=(Note("labelled here", label),),
    )
