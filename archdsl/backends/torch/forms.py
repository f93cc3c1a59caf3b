"""The ops that generated code holds as modules; the others are calls of functions."""

from __future__ import annotations

from collections.abc import Iterator

from archdsl.backends.torch.classes import Classes
from archdsl.backends.torch.outline import MODULES, Module, Part, outline
from archdsl.backends.torch.splits import with_splits
from archdsl.ir import Graph


def modules_of(graph: Graph) -> frozenset[int]:
    """The numbers of the nodes that are modules."""
    root = with_splits(outline(graph, MODULES))
    classes = Classes(graph)
    classes.add_all(root)
    held = (part for module in root.walk() for part in _held(module, classes))
    return frozenset(part.node.id for part in held if part.node is not None)


def _held(module: Module, classes: Classes) -> Iterator[Part]:
    """The parts that are attributes, or items of an `nn.Sequential`."""
    made = classes.of.get(module)
    for position, part in enumerate(module.parts):
        looped = made is not None and made.loop is not None and part in module.links
        if made is None or looped or made.row or position in made.members:
            yield part
