"""The lines of a generated class: its constructor and its `forward`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from archdsl.backends.torch import recompute as recomputing
from archdsl.backends.torch.classes import Classes
from archdsl.backends.torch.devices import Devices
from archdsl.backends.torch.docstrings import docstring
from archdsl.backends.torch.forward import Training, write_forward
from archdsl.backends.torch.forward.drop_path import NO_CHOICES, Choices
from archdsl.backends.torch.forward.variables import input_names
from archdsl.backends.torch.generated_class import Class, Loop
from archdsl.backends.torch.initialise import initialisation
from archdsl.backends.torch.layout import INDENT, Atom, CallOf, Repeated, function_head, laid_out
from archdsl.backends.torch.merged_class import Merged
from archdsl.backends.torch.outline import Module

DENSE_FORWARD = (
    "    def forward(self, x: Tensor) -> Tensor:",
    "        for layer in self:",
    "            x = torch.cat([x, layer(x)], 1)",
    "        return x",
)


@dataclass(frozen=True)
class ClassView:
    """A class: its head, docstring, and the lines of its two methods."""

    name: str
    base: str
    doc: tuple[str, ...]
    init: tuple[str, ...]
    body: tuple[str, ...]
    forward: tuple[str, ...]


def class_view(made: Class, choices: Choices = NO_CHOICES, doc: str | None = None) -> ClassView:
    gather = made.dense and all(link.child and link.child.gathers for link in made.pattern.links)
    dense = recomputing.DENSE_FORWARD if gather else DENSE_FORWARD
    return ClassView(
        made.name,
        "nn.Sequential" if made.numbered or made.loop else "nn.Module",
        docstring(made.doc if doc is None else doc, 1),
        _signature(made),
        tuple(_members(made)),
        dense if made.dense else _forward(made, None, (), choices),
    )


def network_view(
    made: Class,
    root: Module,
    classes: Classes,
    training: Training | None,
    devices: Devices | None,
    first: Sequence[str] = (),
    choices: Choices = NO_CHOICES,
) -> ClassView:
    """The class of the network itself, which fills the weights and says what lives where.

    `first` are lines that its `forward` begins with.
    """
    body = _members(made) + initialisation(root, classes)
    if devices is not None:
        body.insert(1, devices.kept)
        body += devices.moves(_paths(root, classes))
    return ClassView(
        made.name,
        "nn.Module",
        (),
        _signature(made, [devices.parameter] if devices else []),
        tuple(body),
        _forward(made, training, [*_draws(root), *first], choices),
    )


def _paths(module: Module, classes: Classes, before: str = "") -> set[str]:
    """The paths of all modules that constructors make."""
    made = classes.of.get(module)
    found: set[str] = set()
    for position, part in enumerate(module.parts):
        if made is None or made.holds(position, part):
            found.add(before + part.name)
            if part.child is not None:
                found |= _paths(part.child, classes, f"{before}{part.name}.")
    return found


def _forward(
    made: Class, training: Training | None, draws: Sequence[str], choices: Choices
) -> tuple[str, ...]:
    if made.sequential:
        return ()
    if made.merged is not None:
        return _chosen_forward(made, made.merged)
    written = write_forward(made, training, choices)
    head = function_head("def forward", ["self", *written.parameters], written.returns, 1)
    return (*head, *draws, *written.lines)


def _chosen_forward(made: Class, merged: Merged) -> tuple[str, ...]:
    """The `forward` of a class of several structures: one of two, where they differ."""
    last, *others = (made.variant(module) for module in merged.variants)
    written = write_forward(last)
    head = function_head("def forward", ["self", *written.parameters], written.returns, 1)
    if not others:
        return (*head, *written.lines)
    test = f"{INDENT * 2}if self.{merged.flag_name}:"
    return (*head, test, *write_forward(others[0], level=3).lines, *written.lines)


def _draws(root: Module) -> list[str]:
    """The statements by which a network draws random numbers for a mini-batch."""
    draws = dict.fromkeys(part.form.draws for module in root.walk() for part in module.parts)
    x = input_names(root)[0]
    found = [f"{INDENT * 3}{statement.format(x=x)}" for statement in draws if statement]
    return [f"{INDENT * 2}if self.training:", *found] if found else []


def _signature(made: Class, more: Sequence[str] = ()) -> tuple[str, ...]:
    if not (made.members or made.row or made.loop or made.merged):
        return ()
    parameters = ["self", *(parameter.declared for parameter in made.parameters), *more]
    return function_head("def __init__", parameters, "None", 1)


def _members(made: Class) -> list[str]:
    lines, before = _member_lines(made), [*made.prelude, *made.checks]
    if made.counts or made.loop or (made.merged is not None and made.sequential):
        return [*before, *lines]
    return [*lines[:1], *before, *lines[1:]]


def _member_lines(made: Class) -> list[str]:
    if made.loop:
        return _looped(made.loop)
    if made.merged is not None:
        return [*([] if made.sequential else ["        super().__init__()"]), *made.statements]
    if made.row:
        return laid_out("", CallOf("super().__init__", made.row))
    named = {made.pattern.parts[position].name: made.members[position] for position in made.members}
    lines = ["        super().__init__()"] if made.members else []
    if made.counts:
        numbered = [laid_out("", named[name], ",", level=3) for name in named if name.isdigit()]
        lines = ["        super().__init__(", *chain.from_iterable(numbered), "        )"]
        named = {name: named[name] for name in made.labels}
    for name, expression in named.items():
        if name.isdigit():
            lines += laid_out("", CallOf("self.add_module", (Atom(f'"{name}"'), expression)))
        else:
            lines += laid_out(f"self.{name} = ", expression)
    return lines


def _looped(loop: Loop) -> list[str]:
    """The children of a dense block: numbered from 0 as `nn.Sequential` does, or by label."""
    assert loop.item is not None
    if loop.prefix == "" and loop.first == 0:
        repeated = Repeated(loop.item, "i" if any(loop.run.steps) else "_", loop.count)
        return laid_out("", CallOf("super().__init__", (repeated,)))
    number = f"i + {loop.first}" if loop.first else "i"
    name = Atom(f'f"{loop.prefix}{{{number}}}"')
    return [
        "        super().__init__()",
        f"        for i in range({loop.count}):",
        *laid_out("", CallOf("self.add_module", (name, loop.item)), level=3),
    ]
