"""How a block of a network is elaborated alone so that it is the same block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from archdsl.elaboration.environment import BlockValue
from archdsl.ir import Graph, Node
from archdsl.ops import Shape
from archdsl.ops.base import IMAGE
from archdsl.ops.shape import Input
from tests.arguments.makers import Instance, parameters
from tests.arguments.probes import Inputs, Probe, Refused, probe, structure, weights_of

SIZES = ((6, 7), (9, 11), (17, 19))  # of images


@dataclass(frozen=True)
class Alone:
    """A block with what it reads, and whether a join that it feeds takes its own join in.

    `omitted` are arguments that its class does not take and that the author left to their defaults.
    """

    block: BlockValue
    inputs: Inputs
    shapes: tuple[Shape, ...]
    feeds_join: bool
    omitted: frozenset[str] = frozenset()

    def probe(self, arguments: Mapping[str, Any], first: Shape) -> Probe:
        """The block with arguments, for a value of some shape that flows in."""
        given = {name: value for name, value in arguments.items() if name not in self.omitted}
        return probe(self.block, given, self.inputs, [first, *self.shapes[1:]], self.feeds_join)


def alone(graph: Graph, base: Instance, known: Mapping[str, list[BlockValue]]) -> Alone | None:
    """The block of an instance, for the smallest images for which it is the same alone."""
    inputs = Inputs.of(graph, base.scope)
    if inputs is None:
        return None
    expected = structure(graph, base.scope), weights_of(graph, base.scope)
    for block in known.get(base.scope.title, []):
        names = [parameter.name.id for parameter in block.definition.parameters]
        if names != list(base.scope.arguments):
            continue
        for shapes in _sizes(graph, [inputs.main, *inputs.others]):
            for feeds_join in (False, True):
                found = Alone(block, inputs, shapes, feeds_join)
                try:
                    made = found.probe(base.scope.arguments, shapes[0])
                except Refused:
                    continue
                if (made.structure, made.weights) == expected:
                    return replace(found, omitted=_omitted(found, base))
    return None


def _omitted(alone: Alone, base: Instance) -> frozenset[str]:
    """The arguments that a class does not take and that are what their defaults say."""
    taken = {name.removesuffix("_") for name in parameters(base.maker)}
    own = alone.block.definition.parameters
    names = frozenset(each.name.id for each in own if each.default and each.name.id not in taken)
    try:
        found = replace(alone, omitted=names).probe(base.scope.arguments, alone.shapes[0])
    except Refused:
        return frozenset()
    given, default = base.scope.arguments, found.scope.arguments
    return frozenset(name for name in names if given[name] == default[name])


def _sizes(graph: Graph, nodes: Sequence[Node]) -> Iterator[tuple[Shape, ...]]:
    """Smaller shapes for inputs, and their own."""
    own = tuple(node.shape for node in nodes)
    ops = [graph.nodes[number].op for number in graph.inputs]
    images = {shape[1:] for shape in own if len(shape) == IMAGE}
    if len(images) == 1 and not any(isinstance(op, Input) and op.fixed for op in ops):
        (image,) = images
        for size in SIZES:
            if size[0] * size[1] < image[0] * image[1]:
                yield tuple((s[0], *size) if len(s) == IMAGE else s for s in own)
    yield own
