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
    made = 4 * (4 * 64 + 4 * 64 + 8 * 16 + 8 * 16 + 5)  # the training-only head: nothing
    found = measures(graph(TEXT))
    assert found.pop("live") > 4 * (4 * 64 + 8 * 16)  # held to measurement with `memory`
    assert found.pop("saved") > 4 * (3 * 64 + 4 * 64 + 8 * 16)
    assert found == {
        "params": first + second + head + aux,
        "params_inference": first + second + head,
        "macs": 3 * 9 * 4 * 64 + 4 * 9 * 8 * 16 + 8 * 16 * 5,
        "depth": 3,
        "rf": 5,
        "activations": made,
        "largest": 4 * 4 * 64,
    }


def test_a_measure_that_a_network_has_not_is_left_out() -> None:
    assert "rf" not in measures(graph("network n { input 16 -> linear(4) }"))


def test_only_what_is_asked_for_is_measured() -> None:
    assert measures(graph(TEXT), ["depth"]) == {"depth": 3}


@pytest.mark.parametrize(
    # Megabytes measured on torchvision's networks: outputs of all ops, saved, least alive at once.
    ("name", "activations", "saved", "live"),
    [
        ("alexnet_owt", 4.43, 3.74, 1.38),
        ("vgg16", 114.80, 73.36, 25.69),
        ("resnet18", 32.92, 22.22, 6.42),
        ("resnet50", 150.25, 86.12, 9.63),
        ("googlenet_bn", 49.34, None, 6.42),
    ],
)
def test_bytes_are_those_measured(
    name: str, activations: float, saved: float | None, live: float
) -> None:
    found = {word: value / 1e6 for word, value in measures(graph_of(name)).items()}
    assert found["activations"] == pytest.approx(activations, abs=0.01)
    assert saved is None or found["saved"] == pytest.approx(saved, rel=0.05)
    assert live - 0.01 <= found["live"] <= 1.5 * live  # the least, and what the caller holds


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
