"""PNG, PDF, DOT and Mermaid: that they are what they say, and show what the SVG shows."""

from __future__ import annotations

import re
from io import BytesIO

import pygraphviz
import pytest
from PIL import Image

from archdsl.backends.diagram import DiagramOptions, draw, render
from tests.architectures.shipped import graph_of


def test_a_png_is_the_picture_at_twice_its_size() -> None:
    net = graph_of("lenet5")
    drawing = draw(net)
    with Image.open(BytesIO(render(net, "png"))) as picture:
        assert picture.size == pytest.approx((2 * drawing.width, 2 * drawing.height), abs=2)
        colours = {colour for _, colour in picture.convert("RGB").getcolors(1 << 20) or ()}
    assert {(220, 235, 247), (0, 114, 178), (251, 227, 214), (255, 255, 255)} <= colours


def test_a_png_has_its_texts() -> None:
    """Dark ink where the title of the first card is."""
    net = graph_of("lenet5")
    with Image.open(BytesIO(render(net, "png"))) as picture:
        grey = picture.convert("L")
    dark = sum(grey.histogram()[:60])
    assert dark > 2_000


def test_a_pdf_is_one_page_with_its_fonts() -> None:
    net = graph_of("lenet5")
    data = render(net, "pdf")
    drawing = draw(net)
    assert data.startswith(b"%PDF-")
    assert data.count(b"/FontFile2") == 2
    assert b"ArchdslSans-Bold" in data
    box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", data)
    assert box is not None
    assert float(box[1]) == pytest.approx(drawing.width * 0.75, abs=0.1)
    assert float(box[2]) == pytest.approx(drawing.height * 0.75, abs=0.1)
    assert b"/JavaScript" not in data


@pytest.mark.parametrize("name", ["resnet50", "googlenet", "densenet121", "fractalnet20"])
@pytest.mark.parametrize("level", ["network", "stage", "block"])
def test_dot_is_one_connected_picture(name: str, level: str) -> None:
    text = render(graph_of(name), "dot", DiagramOptions(level)).decode()
    found = pygraphviz.AGraph(string=text)
    reached = {found.nodes()[0]}
    stack = list(reached)
    while stack:
        for node in found.neighbors(stack.pop()):
            if node not in reached:
                reached.add(node)
                stack.append(node)
    assert reached == set(found.nodes())


def test_dot_has_clusters_for_what_is_opened() -> None:
    text = render(graph_of("resnet18"), "dot", DiagramOptions("stage")).decode()
    found = pygraphviz.AGraph(string=text)
    assert [sub.graph_attr["label"] for sub in found.subgraphs()] == [
        "layer1", "layer2", "layer3", "layer4"
    ]  # fmt: skip


def test_mermaid_is_a_flowchart_with_subgraphs() -> None:
    lines = render(graph_of("resnet18"), "mermaid", DiagramOptions("stage")).decode().splitlines()
    assert lines[:4] == ["---", 'title: "resnet18"', "---", "flowchart TD"]
    assert '  subgraph n3["layer1"]' in lines
    assert sum(line.strip() == "end" for line in lines) == 4
    known = {match[1] for line in lines if (match := re.match(r"\s+(?:subgraph )?(n\d+)\W", line))}
    for line in lines:
        if "-->" in line or "-.->" in line:
            ends = re.fullmatch(r'  (n\d+) (?:-->|-\.->)(?:\|"[^"]*"\|)? (n\d+)', line)
            assert ends is not None
            assert {ends[1], ends[2]} <= known
