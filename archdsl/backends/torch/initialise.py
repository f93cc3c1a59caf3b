"""Statements that fill the weights where PyTorch's own initialisation is not meant.

The commonest initialisation of each kind of layer is a loop over all of them. What differs is a
loop over the blocks that hold it, or, in the network itself and where equal blocks differ, a
statement with its path.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from archdsl.backends.torch.classes import Classes
from archdsl.backends.torch.construct import literal
from archdsl.backends.torch.generated_class import Class, step_to
from archdsl.backends.torch.layout import INDENT, Atom, CallOf, Expr, Keyword, laid_out
from archdsl.backends.torch.outline import Module
from archdsl.ops.torch_form import Call, InitCall


@dataclass(frozen=True)
class Layer:
    """A layer with weights: its kind in PyTorch, the class that owns it, its path there."""

    kind: str
    owner: Class
    inside: str
    path: str
    calls: tuple[InitCall, ...]


def initialisation(root: Module, classes: Classes) -> list[str]:
    """The lines at the end of the network's constructor."""
    main = classes.of[root]
    layers = list(_layers(root, classes, main, "", ""))
    common = {kind: _common(layers, kind) for kind in dict.fromkeys(la.kind for la in layers)}
    everywhere = {kind: [("", call) for call in calls] for kind, calls in common.items()}
    in_blocks: dict[str, dict[tuple[str, InitCall], None]] = {}
    in_network: list[str] = []
    starts: dict[tuple[Class, str], set[tuple[InitCall, ...]]] = {}
    for layer in layers:
        starts.setdefault((layer.owner, layer.inside), set()).add(layer.calls)
    for layer in layers:
        for call in layer.calls:
            if call in common[layer.kind]:
                continue
            several = layer.owner.merged is not None  # its layers have other places in others
            if layer.owner is main or several or len(starts[layer.owner, layer.inside]) > 1:
                in_network += laid_out("", _statement(f"self{layer.path}", call))
            else:
                in_blocks.setdefault(layer.owner.name, {})[layer.inside, call] = None
    return [*_loop(everywhere), *_loop(in_blocks), *in_network]


def _common(layers: list[Layer], kind: str) -> tuple[InitCall, ...]:
    """The commonest initialisation of the tensors that all layers of a kind initialise."""
    alike = [layer.calls for layer in layers if layer.kind == kind]
    filled = set.intersection(*({tensor for tensor, _ in calls} for calls in alike))
    counts = Counter(tuple(call for call in calls if call[0] in filled) for calls in alike)
    calls, count = counts.most_common(1)[0]
    return calls if count > 1 else ()


def _layers(
    module: Module, classes: Classes, owner: Class, inside: str, path: str
) -> Iterator[Layer]:
    own = classes.of.get(module)
    for part in module.parts:
        step = step_to(part, own.places if own else {})
        if part.child is not None:
            made = classes.of.get(part.child)
            within = "" if made else inside + step
            yield from _layers(part.child, classes, made or owner, within, path + step)
        elif part.node is not None and part.node.op.weighted and part.form.module is not None:
            calls = part.node.op.torch_init()
            derived = re.search(r"class \w+\((nn\.\w+)\)", part.form.support)
            kind = derived[1] if derived else part.form.module.function
            yield Layer(kind, owner, inside + step, path + step, calls)


def _loop(cases: Mapping[str, Iterable[tuple[str, InitCall]]]) -> list[str]:
    """`for module in self.modules()` with a branch for classes that are filled alike."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for name, calls in cases.items():
        filled = [
            line
            for inside, call in calls
            for line in laid_out("", _statement(f"module{inside}", call), level=4)
        ]
        if filled:
            alike.setdefault(tuple(filled), []).append(name)
    lines: list[str] = []
    for body, names in alike.items():
        tested = names[0] if len(names) == 1 else f"({', '.join(names)})"
        test = f"{'elif' if lines else 'if'} isinstance(module, {tested}):"
        lines += [INDENT * 3 + test, *body]
    return [f"{INDENT * 2}for module in self.modules():", *lines] if lines else []


def _statement(module: str, call: InitCall) -> CallOf:
    tensor, fill = call
    return CallOf(fill.function, (Atom(f"{module}.{tensor}"), *_arguments(fill)))


def _arguments(call: Call) -> Iterator[Expr]:
    for arg in call.args:
        value = Atom(literal(arg.value))
        yield Keyword(arg.name, value) if arg.keyword else value
