"""Receptive fields by brute force: the input pixels on which one output unit has a gradient."""

from __future__ import annotations

from math import prod

import torch
from torch import Tensor

from archdsl.ir import Graph
from archdsl.ops.merge import Add, Mul
from archdsl.ops.pool import AdaptiveAvgPool, AdaptiveMaxPool, AvgPool, MaxPool
from tests.backends.torch.interpreter import interpret

SHIFTS = ("bias", "running_mean")  # zero
FAINT = 1e-15  # of the largest gradient: what rounding leaves where there is none


def averaged(graph: Graph) -> Graph:
    """The graph with means for maxima and sums for products: they read the same positions, and
    every gradient is above zero and of a size with the others."""
    for node in graph.nodes:
        op = node.op
        if isinstance(op, MaxPool):
            node.op = AvgPool(op.kernel, op.stride, op.pad, op.ceil)
        elif isinstance(op, AdaptiveMaxPool):
            node.op = AdaptiveAvgPool(op.size)
        elif isinstance(op, Mul) and len(set(graph.operands(node))) == 1:
            node.op = Add()
    return graph


class Prober:
    """A graph with positive weights on an image of ones, asked for the gradients of its output."""

    def __init__(self, graph: Graph) -> None:
        made = torch.Generator().manual_seed(0)

        def positive(shape: tuple[int, ...]) -> Tensor:
            values = torch.rand(shape, generator=made, dtype=torch.float64) + 0.5
            return values / prod(shape[1:])  # means: values stay near 1, however many layers

        state = {
            f"{node.path}.{weight.name}": positive(weight.shape) * (weight.name not in SHIFTS)
            for node in graph.nodes
            for weight in node.op.weights(graph.operands(node))
        }
        shapes = [(1, *graph.nodes[number].shape) for number in graph.inputs]
        self.images = [torch.ones(s, dtype=torch.float64, requires_grad=True) for s in shapes]
        averaged(graph)
        self.output = interpret(graph, state, self.images, training=False)[0]
        self.mix = positive((self.output.shape[1],))

    def seen(self, row: int, column: int, image: int = 0) -> tuple[set[int], set[int]]:
        """The rows and the columns of an input that one output unit reads."""
        unit = (self.output[0, :, row, column] * self.mix).sum()
        (found,) = torch.autograd.grad(unit, self.images[image], retain_graph=True)
        strength = found[0].abs().sum(0)
        read = strength > FAINT * strength.max()
        rows, columns = read.any(1).nonzero(), read.any(0).nonzero()
        return set(rows.flatten().tolist()), set(columns.flatten().tolist())
