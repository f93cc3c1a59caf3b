"""Pictures read back: every line and every number of an SVG is the graph's."""

from __future__ import annotations

import pytest

from archdsl.backends.diagram import LEVELS, Options, TooLarge, draw, model
from archdsl.backends.diagram.svg import as_svg
from tests.architectures.shipped import NETWORKS, graph_of
from tests.backends.diagram.numbers import wrong_numbers
from tests.backends.diagram.wires import drawn_edges, everything_once, true_edges

QUICK = ("lenet5", "alexnet_towers", "nin_cifar10", "resnet18", "densenet40_12", "fractalnet20",
         "squeezenet1_0_complex_bypass", "inception_reduced")  # fmt: skip
CASES = [
    pytest.param(name, level, marks=[] if name in QUICK or level == "stage" else pytest.mark.slow)
    for name in NETWORKS
    for level in LEVELS
]


@pytest.mark.parametrize(("name", "level"), CASES)
def test_every_line_and_every_number_of_a_picture_is_the_graphs(name: str, level: str) -> None:
    net = graph_of(name)
    try:
        drawing = draw(net, Options(level))
    except TooLarge:
        pytest.skip("too large for one picture")
    root = model(net, Options(level)).root
    assert everything_once(net, root)
    svg = as_svg(drawing)
    drawn, true = drawn_edges(svg, root), true_edges(net, root)
    assert sorted(drawn - true) == []
    assert sorted(true - drawn) == []
    assert list(wrong_numbers(net, svg, root)) == []
