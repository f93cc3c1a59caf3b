"""Measures of networks, and fronts of points."""

from __future__ import annotations

import pytest
from checking import graph
from hypothesis import given
from hypothesis import strategies as st

from archdsl.analyses.measures import MEASURES, front, measures
from tests.architectures.shipped import graph_of

TEXT = """
network net {
    input 3x8x8
    conv(3x3, 4) -> relu
    aux1: aux(weight=0.3) { avgpool(global) -> flatten -> linear(10) }
    conv(3x3, 8, /2) -> flatten -> linear(5)
}
"""


def test_every_measure_has_a_value() -> None:
    assert list(measures(graph(TEXT))) == list(MEASURES)


def test_measures_of_a_network_that_can_be_counted_by_hand() -> None:
    first, second, head, aux = 3 * 9 * 4 + 4, 4 * 9 * 8 + 8, 8 * 16 * 5 + 5, 4 * 10 + 10
    made = 4 * (4 * 64 + 4 * 64 + 8 * 16 + 5)  # the flat view and the training-only head: nothing
    assert measures(graph(TEXT)) == {
        "params": first + second + head + aux,
        "params_inference": first + second + head,
        "macs": 3 * 9 * 4 * 64 + 4 * 9 * 8 * 16 + 8 * 16 * 5,
        "depth": 3,
        "activations": made,
        "largest": 4 * 4 * 64,
    }


@pytest.mark.parametrize(
    # Megabytes of all outputs of ops that make a tensor, as hooks on torchvision's modules sum up.
    ("name", "megabytes"),
    [("vgg16", 114.7), ("resnet18", 32.9), ("resnet50", 150.2), ("googlenet_bn", 49.3)],
)
def test_activations_are_those_measured(name: str, megabytes: float) -> None:
    assert measures(graph_of(name))["activations"] / 1e6 == pytest.approx(megabytes, abs=0.05)


POINTS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=12)


@given(POINTS, st.tuples(st.booleans(), st.booleans()))
def test_the_front_is_what_no_point_beats(
    points: list[tuple[int, int]], less: tuple[bool, bool]
) -> None:
    def beats(a: tuple[int, int], b: tuple[int, int]) -> bool:
        gains = [(y - x) * (1 if small else -1) for x, y, small in zip(a, b, less, strict=True)]
        return min(gains) >= 0 and max(gains) > 0

    expected = {
        n for n, point in enumerate(points) if not any(beats(other, point) for other in points)
    }
    assert front(points, less) == expected
