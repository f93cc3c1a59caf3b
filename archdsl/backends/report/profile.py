"""The profile of a network on a device: its kernels, each with its least time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from archdsl.analyses.device_rates import WIDTHS, Device
from archdsl.analyses.fusion import Kernel
from archdsl.analyses.roofline import Estimate, Rates, roofline, together
from archdsl.backends.report import sheet as sheets
from archdsl.backends.report.sheet import Sheet
from archdsl.backends.report.table_formats import csv_text
from archdsl.ir import Graph

SCHEMA_VERSION = 1
COLUMNS = ("layer", "ops", "GFLOP", "MB", "FLOP/byte", "µs", "share", "bound")


@dataclass(frozen=True)
class ProfileRun:
    """The conditions of a profile: device, number type, batch size, kernels fused or not."""

    device: Device
    dtype: str
    batch: int
    fused: bool

    @property
    def rates(self) -> Rates:
        return Rates(self.device.flops[self.dtype], self.device.bandwidth, WIDTHS[self.dtype])


@dataclass(frozen=True)
class KernelRow:
    """A kernel: the path of its main op, the words of all its ops, and its estimate."""

    path: str
    ops: tuple[str, ...]
    estimate: Estimate


@dataclass(frozen=True)
class Profile:
    """A network's kernels in order, and their total."""

    network: str
    run: ProfileRun
    rows: tuple[KernelRow, ...]
    total: Estimate

    @property
    def images_per_second(self) -> float:
        """The upper bound of the throughput."""
        return self.run.batch / self.total.seconds if self.total.seconds else 0.0

    @property
    def joules(self) -> float | None:
        """The energy of an image in the least time at the board's power limit, if that is known.

        A board that draws less takes less in this time; code that takes longer may take more.
        """
        power = self.run.device.power
        return None if power is None else power * self.total.seconds / self.run.batch

    @property
    def memory_share(self) -> float:
        """The share of time in kernels that wait for memory."""
        waiting = sum(row.estimate.seconds for row in self.rows if row.estimate.memory_bound)
        return waiting / self.total.seconds if self.total.seconds else 0.0


def profile(graph: Graph, run: ProfileRun) -> Profile:
    """Return the profile of a network."""
    found = roofline(graph, run.rates, run.batch, run.fused)
    rows = tuple(_row(graph, kernel, estimate) for kernel, estimate in found)
    return Profile(graph.name, run, rows, together(row.estimate for row in rows))


def _row(graph: Graph, kernel: Kernel, estimate: Estimate) -> KernelRow:
    words = tuple(graph.nodes[number].op.word for number in kernel.nodes)
    return KernelRow(graph.nodes[kernel.main].path, words, estimate)


# ------------------------------------------------------------------ formats


def sheet(found: Profile) -> Sheet:
    """Return the table of a profile."""
    run, total = found.run, found.total
    kind = "fused" if run.fused else "unfused"
    heading = f"{found.network}, batch {run.batch:,} in {run.dtype} on {run.device.name}, {kind}"
    rows = tuple(
        (row.path, " + ".join(row.ops), *_numbers(row.estimate, total)) for row in found.rows
    )
    return Sheet(
        heading,
        COLUMNS,
        rows,
        (("total", "", *_numbers(total, total)),),
        notes=(_conclusion(found),),
    )


def _conclusion(found: Profile) -> str:
    if not found.rows:
        return "Nothing is computed or moved."
    energy = "" if found.joules is None else _energy(found.run.device.power, found.joules)
    return (
        f"At least {found.total.seconds * 1e3:,.3f} ms a batch, at most"
        f" {found.images_per_second:,.0f} images/s;"
        f" {found.memory_share:.0%} of the time waits for memory.{energy}"
    )


def _energy(power: float | None, joules: float) -> str:
    return f" At the power limit of {power:g} W this takes {joules:.3g} J an image."


def _numbers(estimate: Estimate, total: Estimate) -> tuple[str, ...]:
    return (
        f"{estimate.flops / 1e9:,.2f}" if estimate.flops else "",
        f"{estimate.bytes / 1e6:,.2f}",
        f"{estimate.intensity:,.1f}" if estimate.flops else "",
        f"{estimate.seconds * 1e6:,.2f}",
        f"{estimate.seconds / total.seconds:.1%}" if total.seconds else "",
        _bound(estimate),
    )


def _bound(estimate: Estimate) -> str:
    return "memory" if estimate.memory_bound else "compute"


def as_data(found: Profile) -> dict[str, Any]:
    """Return a profile as plain data: FLOPs, bytes and seconds of the batch."""
    run = found.run
    return {
        "schema_version": SCHEMA_VERSION,
        "network": found.network,
        "device": run.device.name,
        "dtype": run.dtype,
        "batch": run.batch,
        "fused": run.fused,
        "rows": [
            {"path": row.path, "ops": list(row.ops), **_estimate(row.estimate)}
            for row in found.rows
        ],
        "totals": {
            **_estimate(found.total),
            "images_per_second": found.images_per_second,
            "memory_share": found.memory_share,
            "joules_per_image": found.joules,
        },
    }


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return {
        "flops": estimate.flops,
        "bytes": estimate.bytes,
        "intensity": estimate.intensity,
        "seconds": estimate.seconds,
        "bound": _bound(estimate),
    }


def as_json(profiles: Sequence[Profile]) -> str:
    """Return one object for one network, a list for several."""
    found = [as_data(each) for each in profiles]
    return json.dumps(found[0] if len(found) == 1 else found, indent=2)


def as_csv(profiles: Sequence[Profile]) -> str:
    """Return one record per kernel."""
    return csv_text(
        ("network", "path", "ops", *_estimate(profiles[0].total)),
        (
            (each.network, row.path, " + ".join(row.ops), *_estimate(row.estimate).values())
            for each in profiles
            for row in each.rows
        ),
    )


def as_markdown(profiles: Sequence[Profile]) -> str:
    """Return a heading, a table and the conclusion for each network."""
    return sheets.markdown(sheet(each) for each in profiles)


def as_latex(profiles: Sequence[Profile]) -> str:
    """Return a table for each network, with the conclusion as a comment."""
    return sheets.latex(sheet(each) for each in profiles)
