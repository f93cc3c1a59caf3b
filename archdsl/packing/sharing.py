"""Pruning by magnitude, and sharing of weights by k-means."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

BITS = range(2, 9)  # of a code: one means a pruned weight, the others values
MOST_ROUNDS = 100


def prune(weight: Tensor, density: float) -> Tensor:
    """Return a weight with its smallest magnitudes set to zero; a share of `density` is kept.

    Weights that are zero already are the first to go.
    """
    kept = round(density * weight.numel())
    if kept >= weight.numel():
        return weight.clone()
    flat = weight.detach().flatten()
    order = flat.abs().argsort(descending=True, stable=True)
    pruned = torch.zeros_like(flat)
    pruned[order[:kept]] = flat[order[:kept]]
    return pruned.view(weight.shape)


@dataclass(frozen=True)
class Shared:
    """A tensor as codes: 0 for a weight of zero, n for the value `values[n - 1]` (float32)."""

    codes: Tensor  # uint8, of the tensor's shape
    values: Tensor

    def tensor(self, dtype: torch.dtype) -> Tensor:
        """Return the tensor of these codes."""
        table = torch.cat([torch.zeros(1), self.values]).to(dtype)
        return table[self.codes.long()]


def share(weight: Tensor, bits: int) -> Shared:
    """Replace the weights that are not zero by the 2 ** bits - 1 values nearest to them.

    One-dimensional k-means in float64. The first values are evenly spaced, which keeps the few
    large weights (section 3.2 of the paper), except in the gap that pruning leaves around zero.
    """
    flat = weight.detach().flatten().double()
    held = flat != 0
    ordered, order = flat[held].sort()
    distinct: Tensor = torch.unique(ordered)  # type: ignore[no-untyped-call,unused-ignore]
    count = 2**bits - 1
    values = distinct if len(distinct) <= count else _k_means(ordered, count)
    codes = torch.zeros(len(flat), dtype=torch.uint8)
    if len(ordered):
        nearest = torch.bucketize(ordered, _bounds(values)) + 1
        codes[held.nonzero().flatten()[order]] = nearest.to(torch.uint8)
    return Shared(codes.view(weight.shape), values.float())


def _k_means(ordered: Tensor, count: int) -> Tensor:
    """Return the centres of at most `count` clusters of sorted numbers (Lloyd's algorithm)."""
    sums = torch.cat([torch.zeros(1, dtype=torch.float64), ordered.cumsum(0)])
    centres = _spaced(ordered, count)
    for _ in range(MOST_ROUNDS):
        inner = torch.searchsorted(ordered, _bounds(centres))
        ends = torch.cat([torch.tensor([0]), inner, torch.tensor([len(ordered)])])
        sizes = ends.diff()
        filled = sizes > 0
        found = sums[ends].diff()[filled] / sizes[filled]
        if len(found) == len(centres) and torch.equal(found, centres):
            break
        centres = found
    return centres


def _spaced(ordered: Tensor, count: int) -> Tensor:
    """Return evenly spaced numbers over the negative and over the positive ones."""
    sides = [side for side in (ordered[ordered < 0], ordered[ordered > 0]) if len(side)]
    lengths = [float(side[-1] - side[0]) for side in sides]
    first = round(count * lengths[0] / (sum(lengths) or 1.0))
    counts = [min(max(first, 1), count - 1), count] if len(sides) == 2 else [count]
    counts[-1] -= sum(counts[:-1])
    return torch.cat(
        [
            torch.linspace(float(side[0]), float(side[-1]), n, dtype=torch.float64)
            for side, n in zip(sides, counts, strict=True)
        ]
    )


def _bounds(centres: Tensor) -> Tensor:
    """Return the points half-way between neighbours."""
    return (centres[1:] + centres[:-1]) / 2
