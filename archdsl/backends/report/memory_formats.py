"""The memory of networks as text, and as data for other tools."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any

from archdsl.analyses.memory import Memory
from archdsl.backends.report import sheet as sheets
from archdsl.backends.report.memory import MemoryReport
from archdsl.backends.report.sheet import Sheet
from archdsl.backends.report.summary_formats import INDENT, as_object
from archdsl.backends.report.table_formats import csv_text
from archdsl.ops import size

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


# ------------------------------------------------------------------ for people


def as_text(reports: Sequence[MemoryReport], ops: bool = False) -> str:
    """Return a table for each network, a column for each batch size; `ops` adds a line per op."""
    return "\n\n".join("\n".join(_lines(each, ops)) for each in reports)


def as_markdown(reports: Sequence[MemoryReport], ops: bool = False) -> str:
    """Return the same tables below headings."""
    return sheets.markdown(
        chain.from_iterable(_sheets(each, ops, "&nbsp;&nbsp;") for each in reports)
    )


def as_latex(reports: Sequence[MemoryReport], ops: bool = False) -> str:
    """Return the same tables with their headings as comments."""
    return sheets.latex(chain.from_iterable(_sheets(each, ops) for each in reports))


def _lines(found: MemoryReport, ops: bool) -> Iterator[str]:
    sizes, *per_op = _sheets(found, ops)
    yield sizes.heading
    yield ""
    yield from _aligned(sizes)
    if sizes.notes:
        yield ""
        yield from sizes.notes
    for each in per_op:
        yield ""
        yield from _aligned(each)


def _sheets(found: MemoryReport, ops: bool, indent: str = INDENT) -> Iterator[Sheet]:
    """Yield the table of the batch sizes, and with `ops` that of the ops."""
    inputs = ", ".join(size(shape) for _, shape in found.inputs)
    heading = f"{found.network} on {inputs}, {found.dtype}, {found.optimizer}"
    columns = (f"MB of {MEGABYTE:,} bytes", *(f"batch {each.batch:,}" for each in found.sizes))
    rows = tuple(
        (indent * level + name, *(_megabytes(quantity(each)) for each in found.sizes))
        for level, name, quantity in QUANTITIES
    )
    yield Sheet(heading, columns, rows, (), words=1, notes=tuple(_notes(found)))
    if ops:
        columns = ("bytes of an image", "out", "output", "saved for backward")
        rows = tuple(
            (row.path, size(row.out), f"{row.output:,}", f"{row.saved:,}") for row in found.rows
        )
        yield Sheet(heading, columns, rows, (), words=1)


def _notes(found: MemoryReport) -> Iterator[str]:
    if not all(each.live.best.proven and each.live.joined.proven for each in found.sizes):
        yield "The best orders are the best of those that were looked at."
    if found.packed:
        packing, predicted = found.packed
        yield (
            f"weights packed at density {packing.density:g} and {packing.bits} bits:"
            f" about {_megabytes(predicted)} MB"
        )


def _aligned(sheet: Sheet) -> Iterator[str]:
    """Align the first column to the left, the others to the right."""
    rows = [sheet.columns, *sheet.rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *cells in rows:
        numbers = (cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        yield "  ".join([name.ljust(widths[0]), *numbers])


def _megabytes(count: int) -> str:
    """Return megabytes with two decimals, or every byte of a small number."""
    return f"{count / MEGABYTE:,.2f}" if count >= MEGABYTE / 10 else f"{count / MEGABYTE:.6f}"


# ------------------------------------------------------------------ for programs


def as_csv(reports: Sequence[MemoryReport], ops: bool = False) -> str:
    """Return a record in bytes per network and batch size, or per op."""
    records = [record for each in reports for record in (_ops(each) if ops else _batches(each))]
    return csv_text(list(records[0]), (record.values() for record in records))


def _batches(found: MemoryReport) -> Iterator[dict[str, Any]]:
    for each in found.sizes:
        record = _size(each)
        alive = {f"alive_{name}": value for name, value in record.pop("alive").items()}
        yield {"network": found.network, **record, **alive}


def _ops(found: MemoryReport) -> Iterator[dict[str, Any]]:
    for row in _rows(found):
        yield {"network": found.network, **row, "out": "x".join(map(str, row["out"]))}


def as_json(reports: Sequence[MemoryReport], ops: bool = False) -> str:
    """Return one object for one network, a list for several; one op a line, always."""
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
        "rows": _rows(found),
        "sizes": [_size(each) for each in found.sizes],
        **_packed(found),
    }


def _rows(found: MemoryReport) -> list[dict[str, Any]]:
    return [
        {
            "path": row.path,
            "op": row.op,
            "out": list(row.out),
            "output": row.output,
            "saved": row.saved,
            "saved_per_batch": row.per_batch,
        }
        for row in found.rows
    ]


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


WRITERS = {
    "table": as_text,
    "json": as_json,
    "csv": as_csv,
    "md": as_markdown,
    "latex": as_latex,
}
