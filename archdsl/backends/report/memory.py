"""The memory of networks as text and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from archdsl.analyses.device_rates import WIDTHS
from archdsl.analyses.memory import Memory, memory, packed
from archdsl.analyses.saved_for_backward import saved_for_backward
from archdsl.backends.report.summary_formats import INDENT, as_object
from archdsl.ir import Graph
from archdsl.ops import Shape, size
from archdsl.ops.base import volume

SCHEMA_VERSION = 1  # schemas/memory.schema.json; added keys leave it as it is
MEGABYTE = 1_000_000
Quantity = tuple[int, str, Callable[[Memory], int]]  # level, what people read, where it is

QUANTITIES: tuple[Quantity, ...] = (
    (0, "inference", lambda m: m.inference),
    (1, "parameters", lambda m: m.parameters),
    (1, "buffers", lambda m: m.buffers),
    (1, "activations alive, as generated", lambda m: m.live.generated),
    (0, "training", lambda m: m.training),
    (1, "parameters", lambda m: m.parameters),
    (1, "gradients", lambda m: m.gradients),
    (1, "optimizer state", lambda m: m.optimizer),
    (1, "buffers", lambda m: m.buffers),
    (1, "activations saved for backward", lambda m: m.saved),
    (0, "activations alive, order of the text", lambda m: m.live.order),
    (0, "activations alive, best order", lambda m: m.live.best.peak),
    (0, "activations alive, concatenated in place", lambda m: m.live.joined.peak),
    (0, "outputs of all ops", lambda m: m.outputs),
)


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


# ------------------------------------------------------------------ text


def as_text(reports: Sequence[MemoryReport], ops: bool = False) -> str:
    """Return a table for each network, a column for each batch size; `ops` adds a line per op."""
    return "\n\n".join("\n".join(_lines(each, ops)) for each in reports)


def _lines(found: MemoryReport, ops: bool) -> Iterator[str]:
    sizes = ", ".join(size(shape) for _, shape in found.inputs)
    yield f"{found.network} on {sizes}, {found.dtype}, {found.optimizer}"
    yield ""
    head = (f"MB of {MEGABYTE:,} bytes", *(f"batch {each.batch:,}" for each in found.sizes))
    lines = [
        (INDENT * level + name, *(_megabytes(quantity(each)) for each in found.sizes))
        for level, name, quantity in QUANTITIES
    ]
    yield from _columns([head, *lines])
    if not all(each.live.best.proven and each.live.joined.proven for each in found.sizes):
        yield "The best orders are the best of those that were looked at."
    if found.packed:
        packing, predicted = found.packed
        yield ""
        yield (
            f"weights packed at density {packing.density:g} and {packing.bits} bits:"
            f" about {_megabytes(predicted)} MB"
        )
    if ops:
        head = ("bytes of an image", "out", "output", "saved for backward")
        rows = [
            (row.path, size(row.out), f"{row.output:,}", f"{row.saved:,}") for row in found.rows
        ]
        yield ""
        yield from _columns([head, *rows])


def _columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Align the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *cells in rows:
        numbers = (cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        yield "  ".join([name.ljust(widths[0]), *numbers])


def _megabytes(count: int) -> str:
    """Return megabytes with two decimals, or every byte of a small number."""
    return f"{count / MEGABYTE:,.2f}" if count >= MEGABYTE / 10 else f"{count / MEGABYTE:.6f}"


# ------------------------------------------------------------------ JSON


def as_json(reports: Sequence[MemoryReport]) -> str:
    """Return one object for one network, a list for several; one op a line."""
    found = [as_object(_data(each)) for each in reports]
    return found[0] if len(found) == 1 else "[\n" + ",\n".join(found) + "\n]"


def _data(found: MemoryReport) -> dict[str, Any]:
    inputs = {name: list(shape) for name, shape in found.inputs}
    return {
        "schema_version": SCHEMA_VERSION,
        "network": found.network,
        "input": inputs if len(inputs) > 1 else next(iter(inputs.values())),
        "dtype": found.dtype,
        "optimizer": found.optimizer,
        "rows": [
            {
                "path": row.path,
                "op": row.op,
                "out": list(row.out),
                "output": row.output,
                "saved": row.saved,
                "saved_per_batch": row.per_batch,
            }
            for row in found.rows
        ],
        "sizes": [_size(each) for each in found.sizes],
        **_packed(found),
    }


def _packed(found: MemoryReport) -> dict[str, Any]:
    if found.packed is None:
        return {}
    packing, predicted = found.packed
    return {"packed": {"density": packing.density, "bits": packing.bits, "bytes": predicted}}


def _size(found: Memory) -> dict[str, Any]:
    live = found.live
    return {
        "batch": found.batch,
        "inference": found.inference,
        "training": found.training,
        "parameters": found.parameters,
        "gradients": found.gradients,
        "optimizer_state": found.optimizer,
        "buffers": found.buffers,
        "outputs": found.outputs,
        "saved": found.saved,
        "alive": {
            "generated": live.generated,
            "order": live.order,
            "best": live.best.peak,
            "best_proven": live.best.proven,
            "joined": live.joined.peak,
            "joined_proven": live.joined.proven,
        },
    }
