"""Pictures fit the page that they are for: its size, its text, its colours."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image

from archdsl.backends.diagram import DiagramOptions, TooLarge, render
from archdsl.cli.main import main
from archdsl.ir import Scope
from tests.architectures.shipped import graph_of
from tests.backends.diagram.geometry import SVG, groups, own_box, problems

LEAST = 6.0  # points


def page_of(svg: str) -> tuple[float, float, float]:
    """The width and height of the page in inches, and the points that 10 pixels of it take."""
    root = ET.fromstring(svg)
    wide, high = (float(root.get(key, "").removesuffix("in")) for key in ("width", "height"))
    return wide, high, 10 * 72 * wide / float(root.get("viewBox", "").split()[2])


@pytest.mark.parametrize("width", [3.35, 7.0])
@pytest.mark.parametrize("name", ["resnet50", "vgg16", "densenet121", "squeezenet1_0", "lenet5"])
def test_text_can_be_read_at_the_width_that_is_asked_for(name: str, width: float) -> None:
    svg = render(graph_of(name), "svg", DiagramOptions(width=width)).decode()
    wide, high, small = page_of(svg)
    assert wide == pytest.approx(width, abs=0.005)
    assert high <= 9.0
    assert LEAST - 0.02 <= small <= 7.5 + 0.02  # never larger than without a width
    assert sorted(set(problems(svg))) == []


def test_a_page_has_the_size_that_is_asked_for() -> None:
    graph, options = graph_of("resnet50"), DiagramOptions(width=7.0, height=4.0)
    wide, high, _ = page_of(render(graph, "svg", options).decode())
    assert wide == pytest.approx(7.0)
    assert high <= 4.0
    box = re.search(rb"/MediaBox \[\s*0 0 ([\d.]+) ([\d.]+)", render(graph, "pdf", options))
    assert box is not None
    assert [float(each) for each in box.groups()] == pytest.approx([504, high * 72], abs=0.5)
    with Image.open(BytesIO(render(graph, "png", options))) as picture:
        assert picture.size == pytest.approx((2100, high * 300), abs=2)


def test_a_folded_trunk_is_on_one_axis_in_each_column() -> None:
    """Parts that follow one another are below one another, or begin a column at its top."""
    root = ET.fromstring(render(graph_of("resnet50"), "svg"))
    boxes = [own_box(group) for group in root if group.tag == SVG + "g"]
    assert len(boxes) == len([g for g in groups(root) if "." not in g.get("data-path", "")])
    top = min(box.top for box in boxes)
    columns = 1
    for before, after in pairwise(boxes):
        if after.left > before.right:
            assert after.top == pytest.approx(top, abs=0.2)
            columns += 1
        else:
            middle = (before.left + before.right) / 2
            assert middle == pytest.approx((after.left + after.right) / 2, abs=0.2)
            assert after.top > before.bottom
    assert columns > 1


def test_what_a_page_has_no_room_for_is_refused_with_what_would_do() -> None:
    with pytest.raises(TooLarge, match="at --level stage, and 6 pt are the least: leave out"):
        render(graph_of("resnet50"), "svg", DiagramOptions(level="stage", width=2.0, height=1.0))
    with pytest.raises(TooLarge, match="use --level network"):
        render(graph_of("resnet50"), "svg", DiagramOptions(level="block", width=3.35))
    with pytest.raises(TooLarge, match=r"use --width ([\d.]+)in") as refused:
        render(graph_of("resnet50"), "svg", DiagramOptions(width=1.0))
    found = re.search(r"--width ([\d.]+)in", str(refused.value))
    assert found is not None
    assert float(found[1]) > 1
    render(graph_of("resnet50"), "svg", DiagramOptions(width=float(found[1])))  # it is enough


@pytest.mark.parametrize("text", ["3", "in", "0in", "3in2", "1e3in", "-3in", "999in"])
def test_what_is_no_length_is_refused(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.svg"
    with pytest.raises(SystemExit, match="2"):
        main(["render", "lenet5", f"--width={text}", "-o", str(path)])
    assert (
        f"{text!r} is no length of a page: write 3.35in, 85mm or 240pt" in capsys.readouterr().err
    )
    assert not path.exists()


def test_a_theme_has_its_colours_alone() -> None:
    graph = graph_of("lenet5")
    light, dark = (
        render(graph, "svg", DiagramOptions(theme=t)).decode() for t in ("light", "dark")
    )
    assert "prefers-color-scheme" not in light + dark
    assert "fill:#ffffff" in light
    assert "fill:#16191e" in dark
    with Image.open(BytesIO(render(graph, "png", DiagramOptions(theme="dark")))) as picture:
        assert picture.convert("RGB").getpixel((2, 2)) == (0x16, 0x19, 0x1E)


def test_legend_and_background_can_be_left_out() -> None:
    graph = graph_of("lenet5")
    without = render(graph, "svg", DiagramOptions(legend=False, background=False)).decode()
    assert ">convolution<" in render(graph, "svg").decode()
    assert ">convolution<" not in without
    assert 'class="paper"' not in without
    with Image.open(BytesIO(render(graph, "png", DiagramOptions(background=False)))) as picture:
        assert picture.convert("RGBA").getpixel((2, 2))[3] == 0


@pytest.mark.parametrize(
    ("name", "path"),
    [("resnet50", "layer2.0"), ("resnet50", "layer2.2"), ("inception_v3", "Mixed_6b")],
)
def test_a_part_is_drawn_by_itself(name: str, path: str) -> None:
    graph = graph_of(name)
    root = ET.fromstring(render(graph, "svg", DiagramOptions(only=path)))
    (outer,) = (group for group in root if group.tag == SVG + "g")
    assert outer.get("data-path") == path
    drawn = {group.get("data-path", "") for group in outer.iter(SVG + "g")}
    scope = graph.at(path)
    assert isinstance(scope, Scope)
    cards = drawn - {path}
    for node in scope.nodes():
        assert node.op.word != "conv" or any(node.path.startswith(card) for card in cards)
    assert all(each.startswith(path) for each in drawn)
    assert sorted(set(problems(ET.tostring(root, encoding="unicode")))) == []


def test_only_what_there_is_can_be_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["render", "resnet50", "--only", "layer9", "-o", "-"]) == 2
    assert "resnet50 has no part 'layer9'" in capsys.readouterr().err
