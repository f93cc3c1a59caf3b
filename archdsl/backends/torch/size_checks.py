"""Refuse images of other sizes where the sizes of layers come from the images' own."""

from __future__ import annotations

from archdsl.backends.torch.forward.variables import input_names
from archdsl.backends.torch.layout import Atom, CallOf, laid_out
from archdsl.backends.torch.outline import Module
from archdsl.ir import Graph
from archdsl.ops.base import size
from archdsl.ops.shape import Input
from archdsl.ops.values import IMAGE_AXES


def has_fixed_size(graph: Graph) -> bool:
    """Whether the network takes images of one size only."""
    ops = (graph.nodes[number].op for number in graph.inputs)
    return any(isinstance(op, Input) and op.fixed for op in ops)


def size_checks(graph: Graph, root: Module) -> list[str]:
    """The lines of a network's `forward` that check its images.

    `torch._assert` and `&` are what torch.fx and TorchScript record as they are.
    """
    found: list[str] = []
    for number, name in zip(root.inputs, input_names(root), strict=True):
        node = graph.nodes[number]
        if isinstance(node.op, Input) and node.op.fixed:
            _, *extent = node.shape
            fits = " & ".join(
                f"({name}.shape[{axis}] == {length})" for axis, length in enumerate(extent, 2)
            )
            what = "images" if len(extent) == IMAGE_AXES else "values"
            reason = f"compiled for {size(tuple(extent))} {what}: --input compiles for others"
            check = CallOf("torch._assert", (Atom(fits), Atom(f'"{reason}"')))
            found += laid_out("", check)
    return found
