"""Pictures as a reader sees them: nothing overlaps, nothing is cut, no line runs through a text."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from PIL import ImageFont

from archdsl.analyses.roofline import Rates
from archdsl.backends.diagram import OVERLAYS, DiagramOptions, draw, render
from archdsl.backends.diagram.svg import as_svg
from archdsl.backends.diagram.text_width import FONTS, fit, width
from tests.architectures.shipped import NETWORKS, graph_of
from tests.backends.diagram.geometry import SVG, classes, groups, own_box, problems
from tests.checking import graph

UNET = """
block double(channels) { repeat 2 { conv(3x3, channels) -> bn -> relu } }
network unet {
    input 3x64x64
    repeat i in range(3) { enc{i}: double(8 * 2 ** i) -> maxpool(2x2, /2) }
    double(64)
    repeat i in range(3) {
        concat { | deconv(2x2, 8 * 2 ** (2 - i), /2) | @enc{2 - i} }
        dec{i}: double(8 * 2 ** (2 - i))
    }
    conv(1x1, 2)
}
"""
CELLS = """
block sep(k, c) { repeat 2 { relu -> conv(k, c) -> bn } }
block cell(prev, c) {
    cur: conv(1x1, c)
    old: { @prev -> conv(1x1, c) }
    concat {
        | add { | @cur -> sep(3, c) | @old -> sep(5, c) }
        | add { | @old -> maxpool(3x3, /1, pad=1) | @cur }
        | add { | @cur -> avgpool(3x3, /1, pad=1) | @old -> sep(3, c) }
        | add { | @old | @cur -> avgpool(3x3, /1, pad=1) }
    }
}
network cells {
    input 3x32x32
    stem: conv(3x3, 16)
    c1: { conv(3x3, 32) -> bn }
    c2: cell(@stem, 16)
    c3: cell(@c1, 16)
    c4: cell(@c2, 16)
    conv(1x1, 10)
}
"""
GATES = """
block gate(r) {
    let c = in.channels
    mul { | identity | avgpool(global) -> conv(1x1, c // r) -> relu -> conv(1x1, c) -> sigmoid }
}
network gates {
    input left 8x32x32
    input right 8x32x32
    l: { @left -> conv(3x3, 8) -> gate(2) }
    r: { @right -> conv(3x3, 8) -> gate(2) }
    concat { | @l | @r }
    skip conv(1x1, 8) { repeat 2 { conv(3x3, 8) -> skip { conv(3x3, 8) -> gate(4) } } }
    a: conv(3x3, 4)
    b: skip { conv(3x3, 4) -> skip { conv(3x3, 4) -> conv(3x3, 4) } -> relu }
    output @a, @b
}
"""
HARD = {"unet": UNET, "cells": CELLS, "gates": GATES}


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_is_drawn_without_faults(name: str) -> None:
    drawing = draw(graph_of(name))
    assert sorted(set(problems(as_svg(drawing)))) == []
    assert drawing.height <= 1.6 * drawing.width  # it fits a page


@pytest.mark.parametrize("level", ["network", "stage", "block", "op"])
@pytest.mark.parametrize(
    "name",
    ["resnet18", "googlenet", "densenet40_12", "fractalnet40", "squeezenet1_0_complex_bypass"],
)
def test_every_level_is_drawn_without_faults(name: str, level: str) -> None:
    for shapes in ("changes", "all"):
        picture = as_svg(draw(graph_of(name), DiagramOptions(level, shapes=shapes)))
        assert sorted(set(problems(picture))) == []


@pytest.mark.parametrize("level", ["network", "stage", "block", "op"])
@pytest.mark.parametrize("name", HARD)
def test_references_gates_and_several_ends_are_drawn_without_faults(name: str, level: str) -> None:
    assert sorted(set(problems(as_svg(draw(graph(HARD[name]), DiagramOptions(level)))))) == []


def test_an_hourglass_has_its_skips_straight_across() -> None:
    """Both ends of a long skip stand in one row, the way down to the left of the way up."""
    root = ET.fromstring(as_svg(draw(graph(UNET), DiagramOptions("network"))))
    boxes = {group.get("data-path"): own_box(group) for group in groups(root)}
    for level in range(3):
        down, merge = boxes[f"enc{level}"], boxes[f"concat{3 - level}"]
        assert down.right < merge.left
        assert down.top < (merge.top + merge.bottom) / 2 < down.bottom
    assert boxes["dec0"].top > boxes["dec2"].top > boxes["conv1"].top


@pytest.mark.parametrize("color_by", OVERLAYS)
def test_a_colouring_writes_its_numbers_without_faults(color_by: str) -> None:
    options = DiagramOptions(color_by=color_by, rates=Rates(312e12, 2e12, 2))
    picture = as_svg(draw(graph_of("vgg16"), options))
    assert sorted(set(problems(picture))) == []
    assert picture.count('class="step"') == 7


def test_the_eye_of_these_tests_sees_faults() -> None:
    picture = as_svg(draw(graph_of("lenet5")))
    moved = picture.replace('<g id="lenet5.c1"', '<g id="lenet5.c9"', 1)
    first, second = (own_box(group) for group in groups(ET.fromstring(moved))[1:3])
    text = f'<text class="quiet mid" x="{first.left + 60}" y="{second.top - 4}" textLength="60">'
    faults = list(problems(moved.replace("</svg>", f"{text}over</text></svg>")))
    assert "a line crosses 'over'" in faults


@pytest.mark.parametrize("style", ["svg", "png", "pdf", "dot", "mermaid"])
def test_the_same_network_gives_the_same_bytes(style: str) -> None:
    net = graph_of("googlenet")
    assert render(net, style) == render(net, style)


def test_texts_measure_what_the_font_says() -> None:
    for face, bold in (("regular", False), ("bold", True)):
        font = ImageFont.truetype(FONTS / f"sans-{face}.ttf", 2048, layout_engine=0)
        for text in ("conv 3×3, 64, /2", "512×7×7", "Ωφ — „Größe“ → ж"):
            assert width(text, 2048, bold) == pytest.approx(font.getlength(text), abs=len(text))


def test_a_text_that_does_not_fit_ends_in_an_ellipsis() -> None:
    cut = fit("W" * 5000, 12, 100)
    assert cut.endswith("…")
    assert width(cut, 12) <= 100
    assert fit("short", 12, 100) == "short"


def test_ids_are_the_paths_of_the_network() -> None:
    root = ET.fromstring(render(graph_of("resnet18"), "svg", DiagramOptions("block")))
    found = {group.get("id"): group for group in root.iter(SVG + "g")}
    unit = found["resnet18.layer2.0"]
    assert unit.get("data-path") == "layer2.0"
    assert {"part", "is-box", "of-block"} <= set(classes(unit))
    assert len(found) == len(list(root.iter(SVG + "g")))
    conv = found["resnet18.layer2.0.downsample.0"]
    assert {"is-card", "of-conv"} <= set(classes(conv))


def test_hovering_shows_all_that_is_known() -> None:
    root = ET.fromstring(render(graph_of("resnet18"), "svg", DiagramOptions("block")))
    (conv,) = [g for g in root.iter(SVG + "g") if g.get("id") == "resnet18.layer2.0.downsample.0"]
    written = conv.findtext(SVG + "title") or ""
    assert written.splitlines() == [
        "layer2.0.downsample.0",
        "conv(1x1, 128, stride=2x2, bias=false, init=kaiming_fan_out)",
        "bn",
        "64x56x56 → 128x28x28",
        "8,448 parameters",
        "6,422,528 multiply-adds",
        "43 pixels of receptive field",
        f"resnet.arch:{conv.get('data-line')}",
    ]


def test_the_picture_is_described() -> None:
    root = ET.fromstring(render(graph_of("resnet18"), "svg"))
    ids = (root.get("aria-labelledby") or "").split()
    written = [element.text for each in ids for element in root if element.get("id") == each]
    assert root.get("role") == "img"
    assert written[0] == "resnet18: architecture"
    assert written[1] is not None
    assert written[1].startswith("resnet18 turns 3x224x224 into 1000 through layer1, layer2")
    assert "18 weighted layers, 11,689,512 parameters, 1.81 G multiply-adds" in written[1]


def test_colour_is_never_alone() -> None:
    """Every kind of card of the legend has a name beside it, and every card says what it is."""
    root = ET.fromstring(render(graph_of("googlenet"), "svg", DiagramOptions("block")))
    for group in root.iter(SVG + "g"):
        if "is-sign" not in classes(group):
            assert any(child.tag == SVG + "text" for child in group)
    named = [text.text for text in root.findall(SVG + "text")]
    assert {"convolution", "fully connected", "pooling", "merge", "training only"} <= set(named)
