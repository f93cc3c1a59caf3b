"""Charts: what they show, that it can be read, and that no text breaks out of them."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archdsl.backends.chart import Chart, ChartPoint, render
from archdsl.backends.chart.axis_scale import axis_scale
from archdsl.backends.chart.figures import complexity, explored
from archdsl.backends.chart.label_placement import Box, Circle, place_labels
from archdsl.backends.chart.plot import PlottedChart, plotted
from archdsl.backends.report.comparison import ComparedNetwork, compared
from tests.architectures.shipped import graph_of

NAMES = {
    "alexnet_owt": 56.5, "squeezenet1_0": 58.1, "vgg11": 69.0, "resnet18": 69.8,
    "googlenet_bn": 69.8, "vgg16": 71.6, "vgg19": 72.4, "resnet34": 73.3, "densenet121": 74.4,
    "resnet50": 76.1, "densenet201": 76.9, "resnet101": 77.4, "resnet152": 78.3,
    "resnext50_32x4d": 77.6, "resnet50_v1": None,
}  # fmt: skip
HOSTILE = "]]></text><script>alert(1)</script> & \"'\x00\u202e {{ 7 * 7 }} <"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def figure() -> PlottedChart:
    entries = [compared(graph_of(name), name, top1=top1) for name, top1 in NAMES.items()]
    return plotted(complexity(entries, "macs", None, "the test"))


def at(figure: PlottedChart, name: str) -> tuple[float, float, float]:
    [found] = [dot for dot in figure.dots if dot.hover.startswith(f"{name}\n")]
    return found.x, found.y, found.radius


def test_operations_go_across_and_accuracy_upwards(figure: PlottedChart) -> None:
    small, large = at(figure, "resnet18"), at(figure, "resnet152")
    assert small[0] < large[0]
    assert small[1] > large[1]  # pixels go down
    assert at(figure, "googlenet_bn")[1] == pytest.approx(small[1], abs=1e-6)


def test_areas_are_parameters(figure: PlottedChart) -> None:
    ratio = (at(figure, "vgg16")[2] / at(figure, "resnet50")[2]) ** 2
    assert ratio == pytest.approx(138_357_544 / 25_557_032)


def test_networks_without_accuracy_stand_below_the_others(figure: PlottedChart) -> None:
    below = at(figure, "resnet50_v1")
    assert all(dot.y < below[1] for dot in figure.dots if "accuracy" in dot.hover)
    assert "top-1 accuracy not known" in [text.text for text in figure.texts]


def boxes(figure: PlottedChart) -> dict[str, Box]:
    """About where the labels are, from their middles."""
    return {
        text.text: Box(
            text.x - 3.1 * len(text.text), text.y - 8, text.x + 3.1 * len(text.text), text.y + 2
        )
        for text in figure.texts
        if text.halo
    }


def test_every_network_has_a_label_and_none_overlap(figure: PlottedChart) -> None:
    found = boxes(figure)
    assert found.keys() == NAMES.keys()
    for name, box in found.items():
        assert box.outside(figure.plot) == 0
        assert not [other for other in found if other != name and box.shared(found[other])]


def test_a_chart_is_the_same_every_time(figure: PlottedChart) -> None:
    entries = [compared(graph_of(name), name, top1=top1) for name, top1 in NAMES.items()]
    chart = complexity(entries, "macs", None, "the test")
    assert plotted(chart) == figure
    assert render(chart, "svg") == render(chart, "svg")


POINTS = st.lists(st.tuples(st.integers(0, 600), st.integers(0, 400), st.integers(3, 27)))


@given(POINTS)
def test_every_circle_gets_its_label_inside_the_frame_where_there_is_room(
    points: list[tuple[int, int, int]],
) -> None:
    circles = [Circle(*map(float, point)) for point in points]
    frame = Box(-100, -100, 700, 500)
    labels = place_labels([f"n{i}" for i in range(len(circles))], circles, [frame] * len(circles))
    assert [label.text for label in labels] == [f"n{i}" for i in range(len(circles))]
    assert not any(label.box.outside(frame) for label in labels[:1])


@given(POINTS)
def test_labels_that_may_be_left_out_overlap_nothing(points: list[tuple[int, int, int]]) -> None:
    circles = [Circle(*map(float, point)) for point in points]
    texts = [f"n{i}" for i in range(len(circles))]
    frames = [Box(-100, -100, 700, 500)] * len(circles)
    labels = place_labels(texts, circles, frames, all_of_them=False)
    boxes = [label.box for label in labels]
    assert not any(a.shared(b) for n, a in enumerate(boxes) for b in boxes[:n])
    inner = [Box(c.x - 2, c.y - 2, c.x + 2, c.y + 2) for c in circles]
    assert not any(box.shared(circle) for box in boxes for circle in inner)


NUMBERS = st.floats(1e-3, 1e12, allow_nan=False)


@given(st.lists(NUMBERS, min_size=1, max_size=5))
def test_a_scale_shows_all_numbers_in_order_with_few_ticks(numbers: list[float]) -> None:
    found = axis_scale(numbers, 0.0, 500.0)
    places = [found.at(number) for number in sorted(numbers)]
    assert places == sorted(places)
    assert all(-1e-6 <= place <= 500 + 1e-6 for place in places)
    ticks = [found.at(tick) for tick in found.ticks]
    assert 1 <= len(ticks) <= 9
    assert all(-1e-6 <= tick <= 500 + 1e-6 for tick in ticks)


def test_texts_cannot_leave_their_elements() -> None:
    point = ChartPoint(HOSTILE, 1.0, 2.0, 3.0, 4.0, hover=HOSTILE)
    chart = Chart(
        "c", HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, (point,), HOSTILE, HOSTILE, HOSTILE
    )
    root = ElementTree.fromstring(render(chart, "svg"))
    assert not root.findall(f".//{SVG}script")
    texts = {text.text for text in root.findall(f".//{SVG}text")}
    assert any("<script>" in (text or "") for text in texts)


def test_an_svg_names_and_describes_itself_in_both_themes() -> None:
    known = compared(graph_of("resnet18"), "resnet18", top1=69.8)
    chart = complexity([known], "macs", None, "the test")
    text = render(chart, "svg").decode()
    root = ElementTree.fromstring(text)
    assert root.get("role") == "img"
    ids = {element.get("id") for element in root}
    assert set((root.get("aria-labelledby") or "").split()) <= ids
    about = root.find(f"{SVG}desc")
    assert about is not None
    assert "resnet18 1,814,073,344 and 69.8 %" in (about.text or "")
    assert "prefers-color-scheme:dark" in text
    used = set(re.findall(r"var\(--(\w+)\)", text))
    assert used <= set(re.findall(r"--(\w+):#", text))
    classes = {word for element in root.iter() for word in (element.get("class") or "").split()}
    styled = set(re.findall(r"\.chart \.(\w+)", text))
    assert classes - {"chart"} <= styled


def variants(*values: tuple[int, int]) -> list[ComparedNetwork]:
    return [
        ComparedNetwork(f"v{n}", "3x8x8", {"macs": macs, "params": params})
        for n, (macs, params) in enumerate(values)
    ]


def test_the_front_of_a_sweep_is_marked_joined_and_labelled() -> None:
    chart = explored(variants((1, 9), (2, 3), (3, 5), (9, 1)), "macs", "params", "net")
    assert [point.best for point in chart.points] == [True, True, False, True]
    found = plotted(chart)
    [line] = [line for line in found.over if line.classes == "front"]
    assert line.d.count("L") == 2
    assert [text.text for text in found.texts if text.halo] == ["v0", "v1", "v3"]


def test_more_of_a_measure_can_be_better() -> None:
    chart = explored(variants((1, 1), (2, 3), (3, 2)), "macs", "params", "net", ["params"])
    assert [point.best for point in chart.points] == [True, True, False]


def test_what_has_not_both_measures_is_not_drawn_in_a_sweep() -> None:
    entries = [*variants((1, 1), (2, 3)), ComparedNetwork("flat", "16", {"params": 1})]
    chart = explored(entries, "macs", "params", "net")
    assert [point.label for point in chart.points] == ["v0", "v1"]


def test_equal_and_zero_numbers_can_be_drawn() -> None:
    chart = explored(variants((0, 0), (0, 0)), "macs", "params", "net")
    ElementTree.fromstring(render(chart, "svg"))
    ElementTree.fromstring(render(complexity(variants((0, 0)), "macs", None, ""), "svg"))


def test_a_picture_is_drawn_as_png() -> None:
    pytest.importorskip("resvg_py")
    from io import BytesIO

    from PIL import Image

    chart = explored(variants((1, 9), (2, 3)), "macs", "params", "net")
    image = Image.open(BytesIO(render(chart, "png"))).convert("RGB")
    assert image.size == (1720, 1160)
    colours = {colour for _, colour in image.getcolors(1 << 20) or []}
    assert {(0xFF, 0xFF, 0xFF), (0xF8, 0xF9, 0xFB)} <= colours
    assert len(colours) > 50
