"""Wording of what is wrong with names, arguments and values: codes A200 to A299."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from archdsl.diagnostics import habits
from archdsl.diagnostics.record import Diagnostic, Note
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
    other = habits.name(name, known)
    if name.lower() in habits.ABSENT or (other and " " in other):
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
    if name in habits.FUNCTIONS:
        return replace(found, help=habits.FUNCTIONS[name], instead=None)
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


def unknown_argument(callee: str, name: str, known: Sequence[str]) -> Diagnostic:
    """A202: an argument that the callee does not have."""
    takes = f"`{callee}` takes {listing(known)}" if known else f"`{callee}` takes no arguments"
    other = habits.argument(name, known)
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


def reference_in_default(text: str) -> Diagnostic:
    """A218: a reference as the default of a parameter."""
    return cannot_compute(
        f"`{clip(text)}` cannot be a default: no label stands above a parameter",
        "leave out the default, and pass the value where the block is called",
    )


def reference_into_iterations(label: str, name: str) -> Diagnostic:
    """A210: a reference into the iterations of a labelled repeat, which have numbers only."""
    return Diagnostic(
        "A210",
        f"`{clip(name)}` is inside an iteration, and references find labels only",
        help=f"label each iteration: `repeat i in range(3) {{ {clip(label)}{{i}}: {{ … }} }}`, then"
        f" `@{clip(label)}0` is the first",
    )


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


def reserved_name(name: str, why: str, what: str = "a layer") -> Diagnostic:
    """A212: a name that generated Python cannot use."""
    return Diagnostic(
        "A212",
        f"`{clip(name)}` cannot name {what}: {why}",
        help=f"choose another name, for instance `{clip(name)}_`",
    )


def no_such_file(name: str, looked: Sequence[str], known: Iterable[str]) -> Diagnostic:
    """A213: an import of a file that is not found."""
    places = " and ".join(looked)
    return Diagnostic(
        "A213",
        f"there is no file `{clip(name)}.arch`",
        help=did_you_mean(name, known, f"looked in {places}"),
    )


def unreadable_file(name: str, why: str) -> Diagnostic:
    """A213: an import of a file that cannot be read."""
    return Diagnostic(
        "A213",
        f"the file `{clip(name)}.arch` cannot be read: {clip(why)}",
        help="check its permissions",
    )


def not_in_file(name: str, file: str, known: Iterable[str]) -> Diagnostic:
    """A214: an import of a name that the file does not define."""
    known = sorted(known)
    return Diagnostic(
        "A214",
        f"`{file}.arch` defines no `{clip(name)}`",
        help=did_you_mean(name, known, f"it defines {listing(known)}"),
    )


def cyclic_import(files: Sequence[str]) -> Diagnostic:
    """A215: files that import each other."""
    return Diagnostic(
        "A215",
        f"these files import each other: {' -> '.join(files)}",
        help="move what both need into a third file",
    )


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


def not_a_layer(name: str, what: str, advice: str) -> Diagnostic:
    """A217: a value used as a layer, or a layer used as a value."""
    return Diagnostic("A217", f"`{clip(name)}` is {what}", help=advice)


def cannot_compute(what: str, advice: str) -> Diagnostic:
    """A218: an expression without a value."""
    return Diagnostic("A218", what, help=advice)


def unbound(network: str, names: Sequence[str]) -> Diagnostic:
    """A219: a network with open parameters where a complete one is needed."""
    return Diagnostic(
        "A219",
        f"the network `{network}` still needs {listing(names)}",
        help=f"bind them: `network NAME = {network}({', '.join(f'{n}=…' for n in names)})`"
        " or `--set name=value`",
    )


def given_twice(callee: str, name: str) -> Diagnostic:
    """A220: one argument with two values."""
    return Diagnostic("A220", f"`{name}` of `{callee}` is given twice", help="keep one of the two")


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
    """A224: inputs that cannot be told apart."""
    return Diagnostic(
        "A224",
        f"`{network}` has two inputs without a name",
        help="name them: `input left 3x32x32`",
        notes=(Note("the first is here", where),),
    )


def output_twice(name: str) -> Diagnostic:
    """A225: outputs that cannot be told apart."""
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
