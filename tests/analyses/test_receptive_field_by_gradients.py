"""Receptive fields against brute force, over random networks: the same pixels, holes included."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archdsl.analyses.axis import Axis
from archdsl.analyses.position_sets import PositionSet
from archdsl.analyses.receptive_field import receptive_fields
from archdsl.ir import Graph
from tests.analyses.gradient import Prober
from tests.backends.torch.interpreter import graph_of

EXTENTS = [(48, 64), (96, 112), (192, 208), (384, 400)]  # the first in which the field fits
MARGIN = 12  # padding and cropping reach no further into the image
KEEPING = """
conv(3x3, {c})
conv(1x1, {c})
conv(1x7, {c})
conv(5x1, {c}, bias=false)
conv(3x3, {c}, dilation=2)
conv(3x5, {c}, dilation=3x1)
conv(2x2, {c}, pad=[0, 1, 1, 0])
conv(3x2, {c}, pad=[2, 0, 0, 1])
conv(2x3, {c}, dilation=4x5, pad=[1, 3, 10, 0])
conv(1x1, 4) -> slice(1, 3)
maxpool(3x3, /1, pad=1)
avgpool(3x3, /1, pad=1)
avgpool(5x5, /1, pad=2)
deconv(3x3, {c}, pad=1)
deconv(3x5, {c}, pad=2x2, dilation=2x1)
pad([0, 2, 3, 1]) -> conv(3x5, {c}, pad=0)
pad_channels(in.channels + 2)
channel_shuffle(1)
identity
bn
ln
lrn(3)
prelu
leaky_relu
layer_scale(0.5)
""".strip().splitlines()
HALVING = """
conv(3x3, {c}, /2)
conv(1x1, {c}, /2)
conv(2x2, {c}, /2, pad=0)
conv(7x5, {c}, /2)
conv(3x3, {c}, /2, pad=[0, 1, 0, 1])
conv(3x3, {c}, /2, dilation=2)
conv(1x3, {c}, /1x2) -> conv(3x1, {c}, /2x1)
maxpool(2x2)
maxpool(3x3, /2, ceil=true)
avgpool(3x3, /2, pad=1)
avgpool(1x1, /2)
pixel_unshuffle(2)
""".strip().splitlines()
DOUBLING = """
deconv(2x2, {c}, /2)
deconv(4x4, {c}, /2, pad=1)
deconv(5x3, {c}, /2, pad=2x1, output_pad=1)
deconv(3x3, {c}, /2, pad=1, output_pad=1)
upsample(2)
upsample(2, mode=bilinear)
upsample(2, mode=bicubic)
conv(1x1, 8) -> pixel_shuffle(2)
""".strip().splitlines()
ENDS = """
conv(3x3, {c}, /3, pad=0)
conv(2x4, {c}, /5x3, pad=[2, 0, 1, 3])
conv(2x2, {c}, /2, dilation=3, pad=1)
maxpool(3x2, /2x3)
avgpool(2x2, /3, pad=1, ceil=true)
adaptive_avgpool(7x13)
adaptive_maxpool(36x40)
upsample(3)
upsample(3x1, mode=bilinear)
upsample(2x3, mode=bilinear, align_corners=true)
resize(36x40, mode=bilinear)
deconv(5x4, {c}, /3, pad=1, dilation=2)
deconv(6x6, {c}, /4x2, dilation=2x3)
pad([3, 0, 1, 2])
""".strip().splitlines()


@st.composite
def items(draw: st.DrawFn, of: list[str], depth: int = 2) -> str:
    """A layer, or branches that meet again, which keep, halve or double height and width."""
    channels = draw(st.integers(2, 4))
    if depth and draw(st.integers(0, 2)) == 0:
        branches = draw(st.lists(items(of, depth - 1), min_size=2, max_size=3))
        merge = draw(st.sampled_from(["add", "concat", "mul", "join"]))
        if merge != "concat":
            branches = [f"{branch} -> conv(1x1, {channels})" for branch in branches]
        return f"{merge} {{ | {' | '.join(branches)} }}"
    if depth and of is KEEPING and draw(st.integers(0, 4)) == 0:
        down, up = draw(items(HALVING, depth - 1)), draw(items(DOUBLING, depth - 1))
        return f"{down} -> {up}"
    item = draw(st.sampled_from(of)).format(c=channels)
    return f"{item} -> conv(3x3, {channels})" if draw(st.integers(0, 3)) == 0 else item


@st.composite
def bodies(draw: st.DrawFn) -> str:
    kinds = draw(st.lists(st.sampled_from([KEEPING, HALVING]), min_size=1, max_size=4))
    lines = ["conv(3x3, 4)", *(draw(items(kind)) for kind in kinds)]
    if draw(st.booleans()):
        lines.append(draw(items(DOUBLING)))
    if draw(st.booleans()):
        lines.append(draw(st.sampled_from(ENDS)).format(c=draw(st.integers(2, 4))))
    return "\n".join(lines)


def positions(span: PositionSet | None) -> set[int]:
    """What a span says is read."""
    if span is None:
        return set()
    gaps = span.gaps()
    assert gaps is not None
    return set(range(span.first, span.last + 1)) - {p for gap in gaps for p in gap}


def units(axis: Axis, extent: int, image: int) -> list[int]:
    """Central units, over a period, that see nothing near the edges of the image."""

    def inside(unit: int) -> bool:
        span = axis.at(unit)
        return span is None or (span.first >= MARGIN and span.last < image - MARGIN)

    start = extent // 2 - min(axis.period, 8) // 2
    chosen = range(max(start, 0), min(start + axis.period, start + 8, extent))
    return [unit for unit in chosen if inside(unit)]


def compared(graph: Graph) -> bool:
    """Whether there are central units; they see what they should, unless the assertions fail."""
    field = receptive_fields(graph)[graph.outputs[0]]
    height, width = field.axes
    assert height is not None
    assert width is not None
    extent, image = graph.nodes[graph.outputs[0]].shape, graph.nodes[graph.inputs[0]].shape
    rows, columns = units(height, extent[1], image[1]), units(width, extent[2], image[2])
    if not rows or not columns:
        return False
    prober = Prober(graph)
    for turn in range(max(len(rows), len(columns))):
        row, column = rows[turn % len(rows)], columns[turn % len(columns)]
        expected = positions(height.at(row)), positions(width.at(column))
        if not all(expected):  # without rows there are no columns either
            expected = set(), set()
        assert prober.seen(row, column) == expected
    return True


@settings(max_examples=80)
@given(bodies())
def test_a_unit_sees_the_pixels_that_its_field_says_and_no_others(body: str) -> None:
    for height, width in EXTENTS:
        graph = graph_of(f"network net {{\ninput 2x{height}x{width}\n{body}\n}}")
        if compared(graph):
            return
    pytest.fail("the field fits no image")
