"""Wording of mistakes in names: unknown, hidden, reserved, or of the wrong kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from archdsl.diagnostics import other_frameworks
from archdsl.diagnostics.diagnostic import Diagnostic, Note
from archdsl.diagnostics.source import Span
from archdsl.diagnostics.suggest import clip, did_you_mean, listing, nearest


def unknown_name(
    name: str,
    known: Iterable[str],
    what: str = "name",
    words: Sequence[str] = (),
    called: bool = False,
) -> Diagnostic:
    """A201: a name that nothing defines.

    `words` are those that an argument knows here; `called` is whether a layer is asked for.
    """
    known = [*words, *known, "true", "false"]
    advice = "define it here, or import it: `from FILE import …`"
    if called:
        advice = (
            "define it as a `block`, import it (`from FILE import …`), or load an op from Python"
            " (docs/plugins.md)"
        )
    other = other_frameworks.name(name, known)
    if name.lower() in other_frameworks.ABSENT or (other and " " in other):
        return Diagnostic("A201", f"there is no {what} `{clip(name)}`", help=other or advice)
    if words:
        advice = f"write {' or '.join(f'`{word}`' for word in words)}"
    return Diagnostic(
        "A201",
        f"there is no {what} `{clip(name)}`",
        help=did_you_mean(other or name, known, advice),
        instead=nearest(other or name, known),
    )


def unknown_function(name: str, known: Iterable[str], functions: Sequence[str]) -> Diagnostic:
    """A201: a name that nothing defines, called where a value is expected."""
    found = unknown_name(name, [*known, *functions], what="function or block", called=True)
    advice = f"functions are {listing(functions)}; define or import a block"
    if name in other_frameworks.FUNCTIONS:
        return replace(found, help=other_frameworks.FUNCTIONS[name], instead=None)
    return found if found.instead else replace(found, help=advice)


def label_without_sign(name: str) -> Diagnostic:
    """A201: a label where a name is expected."""
    return Diagnostic(
        "A201",
        f"there is no name `{clip(name)}`, but a label",
        help=f"write `@{clip(name)}` for the value of the label",
    )


def defined_below(name: str) -> Diagnostic:
    """A201: a constant that is read above its line."""
    return Diagnostic(
        "A201",
        f"`{clip(name)}` is not known yet: it is defined below",
        help="move its definition up",
    )


def defined_by_itself(name: str) -> Diagnostic:
    """A201: a definition that reads the name that it defines."""
    return Diagnostic(
        "A201",
        f"`{clip(name)}` is not known yet: its own definition reads it",
        help="give the new value a name of its own",
    )


def shadows(name: str, what: str, where: Span | None) -> Diagnostic:
    """A207: a name that hides another."""
    return Diagnostic(
        "A207",
        f"`{name}` is already the name of {what}",
        help=f"choose another name, for instance `{name}_`",
        notes=(Note("defined here", where),) if where else (),
    )


def defined_twice(name: str, where: Span | None) -> Diagnostic:
    """A208: two definitions of one name."""
    return Diagnostic(
        "A208",
        f"`{name}` is defined twice",
        help="rename or remove one of them",
        notes=(Note("first defined here", where),) if where else (),
    )


def reserved_name(name: str, why: str, what: str = "a layer") -> Diagnostic:
    """A212: a name that generated Python cannot use."""
    return Diagnostic(
        "A212",
        f"`{clip(name)}` cannot name {what}: {why}",
        help=f"choose another name, for instance `{clip(name)}_`",
    )


def not_a_layer(name: str, what: str, advice: str) -> Diagnostic:
    """A217: a value used as a layer, or a layer used as a value."""
    return Diagnostic("A217", f"`{clip(name)}` is {what}", help=advice)


def cannot_unpack(item: str, number: int, wanted: str) -> Diagnostic:
    """A218: an item that does not have the parts that a header names."""
    return Diagnostic(
        "A218",
        f"item {number} is {item}, not {wanted}",
        help="write as many names as each item has parts: `repeat (width, stride) in [[16, 1], …]`",
    )


def cannot_compute(what: str, advice: str) -> Diagnostic:
    """A218: an expression without a value."""
    return Diagnostic("A218", what, help=advice)
