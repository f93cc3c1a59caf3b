"""Receptive fields cost the same for each layer, however many there are and however they join."""

from __future__ import annotations

import gc
import time

import pytest

from archdsl.analyses.receptive_field import receptive_fields
from archdsl.ir import Graph
from tests.checking import graph

BODIES = {
    "chain": ("repeat {0} {{ conv(3x3, 4) -> relu }}", 2),
    "residual": ("repeat {0} {{ skip {{ conv(3x3, 4) -> relu }} }}", 3),
    "dense": ("dense {0} {{ relu -> conv(3x3, 1) }}", 3),
    "holes": ("repeat {0} {{ concat {{ | conv(3x3, 2, dilation=2) | conv(1x3, 2) }} }}", 3),
    "periods": ("upsample(8)\nrepeat {0} {{ conv(3x3, 4) -> relu }}", 2),
}
SIZES = (1_000, 10_000, 100_000)
SECONDS = 6.0  # for 100,000 layers
GROWTH = 25.0  # for tenfold layers: what is quadratic takes a hundred times as long


@pytest.mark.slow
@pytest.mark.parametrize("name", BODIES)
def test_tenfold_layers_cost_tenfold_time(name: str) -> None:
    body, layers = BODIES[name]
    texts = [body.format(size // layers) for size in SIZES]
    times = [seconds(graph(f"network net {{\ninput 4x8x8\n{text}\n}}")) for text in texts]
    assert times[2] < SECONDS
    assert times[2] <= GROWTH * times[1]
    assert times[1] <= GROWTH * times[0]


def seconds(network: Graph) -> float:
    """CPU time: the best of some, as noise only adds."""
    gc.collect()
    gc.disable()  # as while a command runs
    times = []
    for _ in range(3):
        begin = time.process_time()
        receptive_fields(network)
        times.append(time.process_time() - begin)
    gc.enable()
    return min(times)
