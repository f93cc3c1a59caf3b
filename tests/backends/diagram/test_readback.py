"""Pictures read back: every line and every number of an SVG is the graph's."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from archdsl.backends.diagram import LEVELS, DiagramOptions, TooLarge, draw, model
from archdsl.backends.diagram.svg import as_svg
from archdsl.ir import Graph
from tests.architectures.shipped import NETWORKS, graph_of
from tests.backends.diagram.printed_numbers import wrong_numbers
from tests.backends.diagram.wires import drawn_edges, everything_once, true_edges
from tests.checking import check, graph
from tests.programs import program

QUICK = ("lenet5", "alexnet_towers", "nin_cifar10", "resnet18", "densenet40_12", "fractalnet20",
         "squeezenet1_0_complex_bypass", "inception_reduced")  # fmt: skip
CASES = [(name, level) for name in QUICK for level in LEVELS]


@pytest.mark.parametrize(("name", "level"), CASES)
def test_every_line_and_every_number_of_a_picture_is_the_graphs(name: str, level: str) -> None:
    read_back(graph_of(name), level)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_line_and_every_number_of_the_default_picture_is_the_graphs(name: str) -> None:
    read_back(graph_of(name), None, colours=(None,))


FOUND = (3, 7, 11, 41, 55, 56, 67, 116)  # programs whose pictures were wrong
SEEDS = [
    pytest.param(seed, marks=[] if seed in FOUND else pytest.mark.slow)
    for seed in sorted({*FOUND, *range(0, 120, 15)})
]


@pytest.mark.parametrize("seed", SEEDS)
def test_pictures_of_random_programs_are_their_graphs(seed: int) -> None:
    text = program(random.Random(seed))
    if check(text):
        pytest.skip("the program has a mistake")
    net = graph(text, "net")
    for level in LEVELS:
        read_back(net, level)


def read_back(net: Graph, level: str | None, colours: Sequence[str | None] = (None, "rf")) -> None:
    """Compare all of a picture with its graph, once for each number that colours it."""
    try:
        drawings = {colour: draw(net, DiagramOptions(level, color_by=colour)) for colour in colours}
    except TooLarge:
        pytest.skip("too large for one picture")
    root = model(net, DiagramOptions(level)).root
    once = everything_once(net, root)
    assert once
    true = true_edges(net, root)
    for colour, drawing in drawings.items():
        svg = as_svg(drawing)
        drawn = drawn_edges(svg, root)
        assert sorted(drawn - true) == []
        assert sorted(true - drawn) == []
        wrong = list(wrong_numbers(net, svg, root, colour is not None))
        assert wrong == []
