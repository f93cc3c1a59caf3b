"""Wording of mistakes in the arguments of calls and the parameters of definitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain

from archdsl.diagnostics import other_frameworks
from archdsl.diagnostics.diagnostic import Diagnostic, Note
from archdsl.diagnostics.name_errors import cannot_compute
from archdsl.diagnostics.source import Span
from archdsl.diagnostics.suggest import clip, did_you_mean, listing, nearest


def unknown_argument(callee: str, name: str, known: Sequence[str]) -> Diagnostic:
    """A202: an argument that the callee does not have."""
    takes = f"`{callee}` takes {listing(known)}" if known else f"`{callee}` takes no arguments"
    other = other_frameworks.argument(name, known)
    if other and " " in other:
        takes, known, other = other, (), None
    return Diagnostic(
        "A202",
        f"`{callee}` has no argument `{clip(name)}`",
        help=did_you_mean(other or name, known, takes),
        instead=nearest(other or name, known),
    )


def unknown_input(network: str, name: str, known: Sequence[str]) -> Diagnostic:
    """A202: a size for an input that the network does not have."""
    return Diagnostic(
        "A202",
        f"`{network}` has no input `{clip(name)}`",
        help=did_you_mean(name, known, f"its inputs are {listing(known)}"),
    )


def unknown_setting(
    callee: str,
    name: str,
    own: Sequence[str],
    inside: Mapping[str, Sequence[str]],
    unbound: Sequence[str] = (),
) -> Diagnostic:
    """A202: a setting that neither a network has nor exactly one of its blocks.

    `inside` are the parameters of the blocks among its arguments, by the argument's name.
    """
    holders = [f"{holder}.{name}" for holder, names in inside.items() if name in names]
    if len(holders) > 1:
        advice = f"several of its blocks have one: write {listing(holders, last='or')}"
        return replace(unknown_argument(callee, name, ()), help=advice)
    problem = unknown_argument(callee, name, [*own, *chain.from_iterable(inside.values())])
    if problem.instead:
        return problem
    advice = f"`{callee}` takes {listing(own)}" if own else f"`{callee}` takes no arguments"
    blocks = [f"the block in `{key}` takes {listing(names)}" for key, names in inside.items()]
    first = [f"set {listing(unbound)} first: a block in them may have it"] if unbound else []
    return replace(problem, help="; ".join([advice, *blocks, *first]))


def layer_as_argument(callee: str, layer: str) -> Diagnostic:
    """A203: a layer between the parentheses of another, as where functions are composed."""
    return Diagnostic(
        "A203",
        f"`{callee}` takes no layer as its argument: it works on the value before it",
        help=f"write `{clip(layer)} -> {callee}`",
    )


def branches_as_arguments(callee: str) -> Diagnostic:
    """A203: the operands of a merge between parentheses."""
    return Diagnostic(
        "A203",
        f"`{callee}` takes its operands as branches",
        help=f"write `{callee} {{ | a | b }}`; an earlier value is `@label`, the current one"
        " `identity`",
    )


def too_many_arguments(callee: str, most: int, known: Sequence[str]) -> Diagnostic:
    """A203: more positional arguments than there are parameters."""
    count = {0: "no arguments", 1: "one argument"}.get(most, f"at most {most} arguments")
    advice = f"its arguments are {listing(known)}" if known else f"write `{callee}` alone"
    return Diagnostic("A203", f"`{callee}` takes {count}", help=advice)


def must_be_named(callee: str, name: str, value: str | None, most: int | None) -> Diagnostic:
    """A228: a positional argument that sets an option, as where PyTorch's order was meant.

    `value` is its text; None where the option takes no such value.
    """
    count = {0: "no arguments", 1: "one argument"}.get(most or 0, f"{most} arguments")
    advice = "leave out the channels that flow in, which PyTorch is given: they"
    if most and value is not None:
        advice = (
            f"name it: `{name}={clip(value)}`; the channels that flow in, which PyTorch is given,"
        )
    if not most:
        advice = f"leave it out, or name an option, as in `{name}=…`: the channels that flow in"
    return Diagnostic(
        "A228",
        f"`{callee}` takes {count} without a name, and this would set its `{name}`",
        help=f"{advice} are known",
    )


def missing_argument(callee: str, names: Sequence[str], where: Span | None) -> Diagnostic:
    """A204: a parameter without value."""
    return Diagnostic(
        "A204",
        f"`{callee}` needs {listing(names)}",
        help=f"write `{callee}({', '.join(f'{name}=…' for name in names)})`",
        notes=(Note("defined here", where),) if where else (),
    )


def bad_value(callee: str, name: str, found: str, expected: str) -> Diagnostic:
    """A205: an argument of the wrong kind."""
    return Diagnostic(
        "A205",
        f"`{name}` of `{callee}` cannot be {clip(found)}",
        help=f"it is {expected}",
    )


def unused_parameter(callee: str, name: str) -> Diagnostic:
    """A206: a parameter that nothing reads."""
    return Diagnostic(
        "A206",
        f"`{callee}` never uses its parameter `{name}`",
        help="use it, or remove it",
    )


def reference_in_default(text: str) -> Diagnostic:
    """A218: a reference as the default of a parameter."""
    return cannot_compute(
        f"`{clip(text)}` cannot be a default: there are no labels above a parameter",
        "leave out the default, and pass the value where the block is called",
    )


def given_twice(callee: str, name: str) -> Diagnostic:
    """A220: one argument with two values."""
    return Diagnostic("A220", f"`{name}` of `{callee}` is given twice", help="keep one of the two")
