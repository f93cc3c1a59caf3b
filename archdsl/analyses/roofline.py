"""The least time on a device: arithmetic at its peak rate, or every tensor moved once.

The roofline of Williams, Waterman and Patterson 2009 (Communications of the ACM 52), kernel by
kernel: the time is the larger of FLOPs / peak rate and bytes / bandwidth, and kernels run one after
another. Left out: caches that keep a tensor between kernels, launches, and rates below the peak.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from archdsl.analyses.cost import used
from archdsl.analyses.fusion import Kernel, kernels
from archdsl.ir import Graph
from archdsl.ops.base import volume


@dataclass(frozen=True)
class Rates:
    """The peak rates of a device: FLOPs and bytes per second, for numbers of `width` bytes."""

    flops: float
    bandwidth: float
    width: int


@dataclass(frozen=True)
class Estimate:
    """FLOPs, bytes and seconds of a kernel, or of several in a row, for a batch.

    `arithmetic` and `traffic` are the seconds of each alone, `seconds` is the least time in all.
    """

    flops: int
    bytes: int
    arithmetic: float
    traffic: float
    seconds: float

    @property
    def memory_bound(self) -> bool:
        """Whether moving data takes longer than computing."""
        return self.traffic > self.arithmetic

    @property
    def intensity(self) -> float:
        """FLOPs per byte moved."""
        return self.flops / self.bytes if self.bytes else 0.0


def roofline(
    graph: Graph, rates: Rates, batch: int = 1, fused: bool = True
) -> list[tuple[Kernel, Estimate]]:
    """Return the kernels of one evaluation of a batch, with estimates. Linear in the graph."""
    return [(each, _estimate(graph, each, rates, batch)) for each in kernels(graph, fused)]


def _estimate(graph: Graph, kernel: Kernel, rates: Rates, batch: int) -> Estimate:
    nodes = [graph.nodes[number] for number in kernel.nodes]
    macs = sum(node.op.macs(graph.operands(node), node.shape) for node in nodes)
    moved = sum(volume(graph.nodes[n].shape) for n in (*kernel.reads, kernel.writes))
    weights = sum(
        used(node.op.weights(graph.operands(node)))
        for node in nodes
        if node.id not in kernel.folded
    )
    flops = 2 * macs * batch
    size = rates.width * (moved * batch + weights)
    arithmetic, traffic = flops / rates.flops, size / rates.bandwidth
    return Estimate(flops, size, arithmetic, traffic, max(arithmetic, traffic))


def together(estimates: Iterable[Estimate]) -> Estimate:
    """Add the estimates of kernels that run one after another."""
    found = list(estimates)
    return Estimate(
        sum(each.flops for each in found),
        sum(each.bytes for each in found),
        sum(each.arithmetic for each in found),
        sum(each.traffic for each in found),
        sum(each.seconds for each in found),
    )
