"""The memory of networks as frozen data, for some batch sizes and for each op."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from archdsl.analyses.device_rates import WIDTHS
from archdsl.analyses.memory import Memory, memory, packed
from archdsl.analyses.saved_for_backward import saved_for_backward
from archdsl.ir import Graph
from archdsl.ops import Shape
from archdsl.ops.base import volume


@dataclass(frozen=True)
class MemoryRow:
    """The memory of an op for one image: bytes of its output, and bytes that autograd keeps.

    Kept bytes count for the first op whose backward needs them; `per_batch` are kept once for a
    batch of any size.
    """

    path: str
    op: str
    out: Shape
    output: int
    saved: int
    per_batch: int


@dataclass(frozen=True)
class Packing:
    """The options of `archdsl pack`, for a prediction of the size of its file."""

    density: float
    bits: int


@dataclass(frozen=True)
class MemoryReport:
    """A network's memory for some batch sizes, all values of one type, and its ops.

    `packed` is the predicted size of its weights in a file, with the options for it.
    """

    network: str
    inputs: tuple[tuple[str, Shape], ...]
    dtype: str
    optimizer: str
    sizes: tuple[Memory, ...]
    rows: tuple[MemoryRow, ...]
    packed: tuple[Packing, int] | None = None


def report(
    graph: Graph,
    batches: Sequence[int],
    dtype: str,
    optimizer: str,
    packing: Packing | None = None,
) -> MemoryReport:
    """Return the memory report of a network."""
    width = WIDTHS[dtype]
    kept = saved_for_backward(graph, width)
    rows = tuple(
        MemoryRow(
            node.path,
            node.op.word,
            node.shape,
            volume(node.shape) * width,
            kept[node.id].image,
            kept[node.id].batch,
        )
        for node in graph.nodes
        if node.inputs
    )
    inputs = tuple((graph.nodes[n].name, graph.nodes[n].shape) for n in graph.inputs)
    sizes = tuple(memory(graph, batches, dtype, optimizer))
    predicted = (packing, packed(graph, packing.density, packing.bits)) if packing else None
    return MemoryReport(graph.name, inputs, dtype, optimizer, sizes, rows, predicted)
