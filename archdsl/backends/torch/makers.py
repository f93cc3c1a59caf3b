"""Layers that a block makes by calling a parameter, as `activation` in `conv -> bn -> activation`.

A parameter that is one op in all calls of the block is decided when compiling. One that differs is
an argument of the class: a callable that makes the layer, `nn.Hardswish` or
`relu` with `relu = partial(nn.ReLU, inplace=True)`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from archdsl.backends.torch.construct import literal
from archdsl.backends.torch.outline import Module, Part
from archdsl.ops.formulas import Parameter


class Layer(NamedTuple):
    """A layer by its op's word, and a callable that makes it, as Python has it."""

    word: str
    maker: str


Layers = dict[str, set[Layer | None]]  # that parameters make; None: no callable makes it


def makers_of(
    modules: Sequence[Module], named: Callable[[Layer], str]
) -> Mapping[Module, Mapping[str, str]]:
    """The text of each argument that is a maker, by blocks and their parameters.

    `modules` has inner ones first. `named` has the name of a callable in the file.
    """
    found: dict[Module, Layers] = {}
    for module in modules:
        if module.is_block:
            found[module] = _layers(module, found)
    blocks: dict[str, list[Module]] = defaultdict(list)
    for module in found:
        blocks[module.scope.title].append(module)
    makers: dict[Module, dict[str, str]] = {module: {} for module in found}
    for alike in blocks.values():
        for name in found[alike[0]]:
            layers = [found[module].get(name, set()) for module in alike]
            made = [next(iter(layer)) for layer in layers if len(layer) == 1]
            if len(made) < len(alike) or None in made or len(set(made)) == 1:
                continue
            for module, layer in zip(alike, made, strict=True):
                makers[module][name] = named(layer) if layer else ""
    return makers


def callee_of(part: Part, around: Module) -> str:
    """The parameter of a block by whose call its author made a layer; empty if it is none."""
    callee = part.node.callee if part.node is not None else None
    own = isinstance(callee, Parameter) and callee.owner is around.scope.key
    return callee.name if own and isinstance(callee, Parameter) else ""


def _layers(module: Module, found: Mapping[Module, Layers]) -> Layers:
    """The layers that parameters of a block make, there and in blocks that they are given to."""
    made: Layers = defaultdict(set)
    for part, is_own in _region(module, True):
        if part.child is not None:
            for name, layers in found[part.child].items():
                given = part.child.scope.flags.get(name)
                if isinstance(given, Parameter) and given.owner is module.scope.key:
                    made[given.name] |= layers
        elif name := callee_of(part, module):
            made[name].add(_layer(part) if is_own else None)
    unknown = set(made) - set(module.scope.flags)
    return {name: {None} if name in unknown else layers for name, layers in made.items()}


def _region(module: Module, is_own: bool) -> Iterator[tuple[Part, bool]]:
    """The layers and blocks of a module, each with whether the class of the module makes it."""
    for part in module.parts:
        if part.child is None or part.child.is_block:
            yield part, is_own
        else:
            yield from _region(part.child, is_own and part.child.chain)


def _layer(part: Part) -> Layer | None:
    """The layer of an op; None where its numbers may depend on others."""
    call, node = part.form.module, part.node
    if call is None or node is None or node.op.weighted or node.formulas:
        return None
    if not all(arg.keyword for arg in call.args):
        return None
    given = [f"{arg.name}={literal(arg.value)}" for arg in call.args if arg.value != arg.default]
    maker = f"partial({', '.join([call.function, *given])})" if given else call.function
    return Layer(node.op.word, maker)
