"""Rules of FLOP counters: formulas by the names of PyTorch's modules and functions.

A counter either hooks modules and misses computations in functions, or counts computations by
whatever calls them, or does both and counts some things twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from math import prod
from typing import Any

from archdsl.ir import Graph, Node
from archdsl.ops import Shape
from archdsl.ops.base import IMAGE, volume
from archdsl.ops.torch_form import Call


@dataclass(frozen=True)
class CountedCall:
    """One call of PyTorch as a counter sees it, with its shapes for one image.

    `macs` are the true multiply-adds, `weights` the learned scalars by tensor.
    """

    call: Call
    inputs: tuple[Shape, ...]
    output: Shape
    macs: int
    weights: Mapping[str, int]

    @property
    def read(self) -> int:
        """The size of the first operand, the only one that counters look at."""
        return volume(self.inputs[0])

    @property
    def made(self) -> int:
        return volume(self.output)

    def argument(self, key: str | int) -> Any:
        """Return an argument of the call by name or position; None where the call lacks it."""
        if isinstance(key, int):
            return self.call.args[key].value
        return next((arg.value for arg in self.call.args if arg.name == key), None)

    def along_axes(self, key: str | int) -> tuple[int, ...]:
        """Return an argument with a number for each axis."""
        value = self.argument(key)
        return value if isinstance(value, tuple) else (value,) * (len(self.output) - 1)


Rule = Callable[[CountedCall], int]


@dataclass(frozen=True)
class Convention:
    """The rules of one counter, and the word for its unit.

    `hooks` count modules of exactly these classes, `otherwise` any other module; `computed` count
    an operation whether a module or a function calls it. A rule of `nn.Conv2d` also holds for the
    modules of one and three axes, unless it is one `of_images`.
    """

    name: str
    unit: str
    hooks: Mapping[str, Rule] = field(default_factory=dict)
    otherwise: Rule | None = None
    computed: Mapping[str, Rule] = field(default_factory=dict)


DEAF = {"nn.ReLU6"}  # modules that do not call the function of their name: this is a Hardtanh


def counts(graph: Graph, convention: Convention, modules: Set[int] | None) -> Mapping[int, int]:
    """Return what a counter reports for each node of one image's evaluation, by its number.

    `modules` are the nodes that are modules in the counted code; None means all that can be. An op
    without a function is always a module. Linear in the graph.
    """
    evaluated = graph.evaluated()
    return {
        node.id: _count(graph, node, convention, modules is None or node.id in modules)
        for node in graph.nodes
        if node.inputs and node.id in evaluated
    }


def _count(graph: Graph, node: Node, convention: Convention, as_module: bool) -> int:
    inputs = graph.operands(node)
    form = node.op.torch(inputs, in_place=False)
    learned = {w.name: volume(w.shape) for w in node.op.weights(inputs) if w.learned}
    known = inputs, node.shape, node.op.macs(inputs, node.shape), learned
    found = 0
    module = form.module if as_module or form.function is None else None
    if module is not None:
        rule = convention.hooks.get(_of_images(module.function), convention.otherwise)
        found += rule(CountedCall(module, *known)) if rule else 0
    call = form.function or module
    if call is not None and not (module and module.function in DEAF):
        rule = convention.computed.get(_of_images(call.function))
        found += rule(CountedCall(call, *known)) if rule else 0
    return found


def _of_images(name: str) -> str:
    """The name of a module or function as that for images: `nn.Conv2d` of `nn.Conv3d`."""
    return f"{name[:-2]}2d" if name.endswith(("1d", "3d")) else name


# ------------------------------------------------------------------ formulas that several share


def macs(call: CountedCall) -> int:
    return call.macs


def flops(call: CountedCall) -> int:
    return 2 * call.macs


def read(call: CountedCall) -> int:
    return call.read


def made(call: CountedCall) -> int:
    return call.made


def times(factor: int, rule: Rule) -> Rule:
    return lambda call: factor * rule(call)


def of_images(rule: Rule) -> Rule:
    """Return a rule that holds for images alone: values of other axes count nothing."""
    return lambda call: rule(call) if len(call.output) == IMAGE else 0


def norm(plain: int, affine: int) -> Rule:
    """Return a rule: so many operations per number, without and with a learned scale."""
    return lambda call: (affine if call.weights else plain) * call.read


def with_bias(rule: Rule) -> Rule:
    """Return a rule that adds one operation per output where there is a bias."""
    return lambda call: rule(call) + (call.made if "bias" in call.weights else 0)


def interpolation(**factors: int) -> Rule:
    """Return a rule: so many operations per output, by the mode."""
    return lambda call: factors.get(str(call.argument("mode")).strip('"'), 0) * call.made


def local_response_norm(call: CountedCall) -> int:
    """Count products, sums, and the pool over squares that are padded along the channels."""
    channels, *extent = call.inputs[0]
    window = int(call.argument(0))
    return 3 * call.read + (channels + window - 1) * prod(extent)


def each(names: tuple[str, ...], rule: Rule) -> dict[str, Rule]:
    """Return a table that maps each name to one rule."""
    return dict.fromkeys(names, rule)
