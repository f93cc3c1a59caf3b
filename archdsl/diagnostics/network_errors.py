"""Wording of mistakes in the structure of a network: its inputs, outputs and branches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from archdsl.diagnostics.diagnostic import Diagnostic, Note
from archdsl.diagnostics.source import Span
from archdsl.diagnostics.suggest import clip, did_you_mean, listing


def misplaced(what: str, where: str, advice: str) -> Diagnostic:
    """A216: a statement where it has no meaning."""
    return Diagnostic("A216", f"{what} cannot stand {where}", help=advice)


def read_across_towers(path: str) -> Diagnostic:
    """A216: a value inside a tower, read by another tower."""
    return misplaced(
        f"a reference to `{path}`",
        "in another tower, which may be on another device",
        "let the towers meet: end both splits, and begin new ones after them",
    )


def unbound(network: str, names: Sequence[str]) -> Diagnostic:
    """A219: a network with open parameters where a complete one is needed."""
    return Diagnostic(
        "A219",
        f"the network `{network}` still needs {listing(names)}",
        help=f"bind them: `network NAME = {network}({', '.join(f'{n}=…' for n in names)})`"
        " or `--set name=value`",
    )


def no_input(network: str) -> Diagnostic:
    """A221: a layer before any input."""
    return Diagnostic(
        "A221",
        f"there is no value to work on yet in `{network}`",
        help="begin the network with `input 3x224x224`",
    )


def no_such_network(name: str, known: Iterable[str]) -> Diagnostic:
    """A222: a network that the file does not define."""
    known = sorted(known)
    return Diagnostic(
        "A222",
        f"there is no network `{clip(name)}`",
        help=did_you_mean(
            name, known, f"the file defines {listing(known)}" if known else "the file defines none"
        ),
    )


def no_branches(word: str) -> Diagnostic:
    """A223: a merge without branches, or branches on something else."""
    return Diagnostic(
        "A223",
        f"`{word}` merges branches and has none here",
        help=f"write `{word} {{ | a | b }}`; an empty branch is `identity`",
    )


def nothing_left(what: str) -> Diagnostic:
    """A230: branches whose conditions are all false, where something must remain."""
    return Diagnostic(
        "A230",
        f"nothing is left of {what}: its conditions are false",
        help="write `identity` where the value itself is meant: `if … { … } else { identity }`",
    )


def takes_no_branches(word: str) -> Diagnostic:
    """A223: branches behind something that merges nothing."""
    return Diagnostic(
        "A223",
        f"`{word}` takes no branches",
        help="branches belong to `add`, `concat` or `mul`",
    )


def second_input(network: str, where: Span) -> Diagnostic:
    """A224: several inputs without a name."""
    return Diagnostic(
        "A224",
        f"`{network}` has two inputs without a name",
        help="name them: `input left 3x32x32`",
        notes=(Note("the first is here", where),),
    )


def output_twice(name: str) -> Diagnostic:
    """A225: two outputs with the same name."""
    return Diagnostic(
        "A225",
        f"two outputs are called `{clip(name)}`",
        help="outputs are named by their labels: label one of them anew",
    )


def same_file(name: str, other: str, file: str, where: Span) -> Diagnostic:
    """A229: networks of one file that compile to the same Python file."""
    return Diagnostic(
        "A229",
        f"the networks `{clip(name)}` and `{clip(other)}` would both be compiled to `{clip(file)}`",
        help="rename one of them: capitals make no other file, and `NAME_inference.py` is the "
        "engine of `NAME`",
        notes=(Note("the other is here", where),),
    )


def no_layers(network: str) -> Diagnostic:
    """A226: a network that is only an input."""
    return Diagnostic(
        "A226",
        f"the network `{network}` has no layers",
        help="add some below its input: `conv(3x3, 64) -> relu`",
    )
