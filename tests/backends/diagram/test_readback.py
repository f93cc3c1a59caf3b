"""Pictures read back: every line and every number of an SVG is the graph's."""

from __future__ import annotations

import pytest

from archdsl.backends.diagram import LEVELS, Options, TooLarge, draw, model
from archdsl.backends.diagram.svg import as_svg
from tests.architectures.shipped import NETWORKS, graph_of
from tests.backends.diagram.wires import drawn_edges, everything_once, true_edges


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", NETWORKS)
def test_every_line_is_an_edge_and_every_edge_a_line(name: str, level: str) -> None:
    net = graph_of(name)
    try:
        drawing = draw(net, Options(level))
    except TooLarge:
        pytest.skip("too large for one picture")
    root = model(net, Options(level)).root
    assert everything_once(net, root)
    drawn, true = drawn_edges(as_svg(drawing), root), true_edges(net, root)
    assert sorted(drawn - true) == []
    assert sorted(true - drawn) == []
