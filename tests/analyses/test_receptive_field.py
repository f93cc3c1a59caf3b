"""Receptive fields of the papers' networks, and their other measures."""

from __future__ import annotations

from fractions import Fraction

import pytest

from archdsl.analyses.axis import PERIODS, Axis
from archdsl.analyses.receptive_field import (
    Field,
    last_spatial,
    misaligned,
    receptive_fields,
)
from archdsl.ir import Graph, Node
from tests.architectures.shipped import graph_of
from tests.checking import check, graph

V1 = "unit=bottleneck(v1=true)"  # the stride where the paper has it
PUBLISHED = [
    # Araujo, Norris and Sim 2019, for the networks of TF-Slim: size, stride, padding
    ("alexnet_owt", "", 195, 32, None),
    ("vgg16", "", 212, 32, 90),
    ("resnet50_v1", "", 483, 32, None),
    ("resnet101", V1, 1027, 32, None),
    ("resnet152", V1, 1507, 32, None),
    ("resnet50", f"{V1};layers=[3, 24, 36, 3]", 1763, 32, None),  # ResNet-200
    ("inception_v3", "", 1311, 32, 618),
    ("inception_v4", "", 2071, 32, 998),
    ("inception_resnet_v2", "", 3039, 32, 1482),
    # input gradients of torchvision's networks
    ("resnet18", "", 435, 32, 217),
    ("resnet50", "", 427, 32, 213),
    ("vgg11", "", 150, 32, 59),
    ("densenet121", "", 2071, 32, 1021),
    ("squeezenet1_0", "", 155, 16, 60),
    ("googlenet_bn", "", 379, 32, 167),
    ("googlenet", "", 715, 32, None),  # with the paper's 5x5
]
SMALLEST = {"resnet18": 11, "densenet121": 39, "googlenet_bn": 59, "resnet50": 11, "vgg16": 212}


@pytest.mark.parametrize(("name", "settings", "size", "stride", "padding"), PUBLISHED)
def test_networks_see_what_was_published(
    name: str, settings: str, size: int, stride: int, padding: int | None
) -> None:
    found = last(graph_of(name, settings=settings))
    for axis in axes(found):
        assert (axis.size, axis.stride) == (size, stride)
        assert padding in (None, axis.padding)
        assert (axis.period, axis.gaps, axis.skipped) == (1, (), 0)


@pytest.mark.parametrize("name", SMALLEST)
def test_the_smallest_path_sees_what_was_measured(name: str) -> None:
    assert [axis.smallest for axis in axes(last(graph_of(name)))] == [SMALLEST[name]] * 2


@pytest.mark.parametrize("name", ["resnet50", "resnet50_v1", "googlenet", "densenet121"])
def test_branches_of_the_papers_networks_are_aligned(name: str) -> None:
    found = graph_of(name)
    assert list(misaligned(found, receptive_fields(found))) == []


# ------------------------------------------------------------------ one value


def last(network: Graph) -> Field:
    found = last_spatial(network, receptive_fields(network))
    assert found is not None
    return found


def axes(found: Field) -> tuple[Axis, Axis]:
    height, width = found.axes
    assert height is not None
    assert width is not None
    return height, width


def net(body: str, inputs: str = "input 3x64x64") -> Graph:
    return graph(f"network net {{\n{inputs}\n{body}\n}}")


def rows(body: str) -> Axis:
    """The field of a network's last value, along the height."""
    return axes(last(net(body)))[0]


def field_at(network: Graph, path: str) -> Field:
    node = network.at(path)
    assert isinstance(node, Node)
    return receptive_fields(network)[node.id]


def test_three_3x3_see_what_one_7x7_does() -> None:
    assert rows("repeat 3 { conv(3x3, 8) }") == rows("conv(7x7, 8)")


def test_a_union_is_more_than_its_largest_branch() -> None:
    causal, centred = "conv(3x3, 4, pad=[2, 0, 1, 1])", "conv(3x3, 4)"
    assert rows(f"add {{ | {causal} | {centred} }}").size == 4
    assert rows(f"add {{ | {causal} | {centred} }}").ends == (-2, 1)


def test_a_gate_sees_all_and_is_left_out() -> None:
    network = net(
        "a: conv(3x3, 8)\nmul { | identity | avgpool(global) -> conv(1x1, 8) -> sigmoid }\nrelu"
    )
    found = receptive_fields(network)[network.outputs[0]]
    assert found.whole
    assert axes(found)[0].size == 3
    assert not field_at(network, "a").whole


@pytest.mark.parametrize("norm", ["gn(2)", "instance_norm"])
def test_statistics_of_an_image_see_all_of_it(norm: str) -> None:
    found = last(net(f"conv(3x3, 8) -> {norm}"))
    assert found.whole
    assert axes(found)[0].size == 3


@pytest.mark.parametrize("norm", ["bn", "ln", "lrn(5)", "softmax", "dropout"])
def test_other_norms_see_one_position(norm: str) -> None:
    found = last(net(f"conv(3x3, 8) -> {norm}"))
    assert not found.whole
    assert axes(found)[0].size == 3


def test_a_head_does_not_erase_the_field_of_the_body() -> None:
    network = net("conv(3x3, 8)\navgpool(global)\nflatten\nfc: linear(10)")
    assert axes(last(network))[0].size == 3
    assert field_at(network, "fc") == Field(0, (None, None), whole=True)


def test_a_network_of_flat_values_has_no_field() -> None:
    network = net("linear(10) -> relu", "input 64")
    assert last_spatial(network, receptive_fields(network)) is None


def test_rounding_up_changes_neither_size_nor_stride_nor_padding() -> None:
    assert rows("maxpool(3x3, /2, ceil=true)") == rows("maxpool(3x3, /2)")


def test_dilation_leaves_gaps() -> None:
    axis = rows("conv(3x3, 4, dilation=2)")
    assert (axis.size, axis.gaps, axis.skipped) == (5, (range(-1, 0), range(1, 2)), 0)


def test_a_kernel_smaller_than_its_stride_skips_pixels() -> None:
    axis = rows("conv(1x1, 4, /3)")
    assert (axis.size, axis.gaps, axis.skipped) == (1, (), 2)
    axis = rows("conv(1x1, 4, /3) -> conv(2x2, 4, pad=[0, 1, 0, 1])")
    assert (axis.size, axis.gaps, axis.skipped) == (4, (range(1, 3),), 2)


def test_another_branch_can_fill_the_gaps() -> None:
    assert rows("add { | conv(1x1, 4, /2) | conv(3x3, 4, /2) } -> conv(3x3, 4)").gaps == ()


def test_gaps_of_a_hull_beyond_the_limit_are_not_known() -> None:
    axis = axes(last(net("conv(3x1, 4, dilation=9000)")))[0]
    assert (axis.size, axis.gaps) == (18001, None)


def test_a_deconvolution_has_a_period() -> None:
    axis = rows("deconv(3x3, 4, /2, pad=1, output_pad=1)")
    assert (axis.stride, axis.period, axis.sizes) == (Fraction(1, 2), 2, (1, 2))
    assert [axis.at(y) and axis.at(y)[:2] for y in (0, 1, 2)] == [(0, 0), (0, 1), (1, 1)]
    assert axis.ends == (Fraction(-1, 2), Fraction(1, 2))
    assert axis.centre == 0


def test_units_between_the_taps_of_a_deconvolution_read_nothing() -> None:
    axis = rows("deconv(1x1, 4, /2)")
    assert (axis.sizes, axis.at(1)) == ((0, 1), None)


def test_down_and_up_again_has_a_whole_stride_and_a_period() -> None:
    axis = rows("conv(2x2, 4, /2, pad=0) -> upsample(2)")
    assert (axis.stride, axis.period, axis.sizes, axis.centre) == (1, 2, (2, 2), 0)


def test_aligned_corners_repeat_from_edge_to_edge() -> None:
    axis = rows("upsample(2, mode=bilinear, align_corners=true)")
    assert (axis.stride, axis.period) == (Fraction(63, 127), 127)


def test_a_pattern_beyond_the_limit_counts_as_global() -> None:
    found = field_at(net(f"u: upsample({2 * PERIODS}x1)"), "u")
    assert found.whole
    assert found.axes[0] is None
    assert found.axes[1] is not None


# ------------------------------------------------------------------ merges and inputs


def test_branches_with_other_centres_are_found() -> None:
    network = net("add { | conv(2x3, 4, pad=[1, 0, 1, 1]) | conv(1x1, 4) }\nrelu")
    (found,) = misaligned(network, receptive_fields(network))
    assert (network.nodes[found.node].path, found.axis) == ("add1", 0)
    assert found.centres == {0: Fraction(-1, 2), 1: 0}
    assert found.strides == {0: 1, 1: 1}


def test_branches_with_other_strides_are_found_and_covered() -> None:
    network = net("add { | conv(1x1, 4, /2, pad=[0, 64, 0, 0]) | conv(1x2, 4, /1x2, pad=0) }")
    (found,) = (m for m in misaligned(network, receptive_fields(network)) if m.axis == 0)
    assert found.strides == {0: 2, 1: 1}
    axis = axes(last(network))[0]
    assert (axis.stride, axis.ends, axis.gaps) == (2, (-63, 0), None)


def test_a_gate_is_never_misaligned() -> None:
    network = net("mul { | conv(1x1, 3) | avgpool(global) -> sigmoid }")
    assert list(misaligned(network, receptive_fields(network))) == []


TWO = "input left 3x32x32\ninput right 3x32x32"


def test_of_several_inputs_the_first_that_a_value_depends_on_counts() -> None:
    body = "@left -> a: conv(3x3, 4)\n@right -> b: conv(5x5, 4)\nadd { | @a | @b }\nc: relu"
    network = net(body, TWO)
    assert [field_at(network, name).source for name in "abc"] == [0, 1, 0]
    assert axes(field_at(network, "c"))[0].size == 3


def test_every_input_can_be_asked_for() -> None:
    network = net("@left -> a: conv(3x3, 4)\n@right -> conv(5x5, 4)\nadd { | @a | identity }", TWO)
    left, right = (receptive_fields(network, source) for source in network.inputs)
    assert axes(left[network.outputs[0]])[0].size == 3
    assert axes(right[network.outputs[0]])[0].size == 5
    assert network.inputs[0] not in right


# ------------------------------------------------------------------ facts

LECTURE = """
network lecture {{
    input 3x32x32
    conv1: conv(3x3, 8)
    conv2: conv(3x3, 8)
    conv3: conv(3x3, 8)
    tall: conv(7x1, 8, /2x1)
    up: deconv(2x2, 8, /2)
    avgpool(global) -> flatten
    fc: linear(10)
    expect {0}
}}
"""
HOLD = [
    "conv3.rf == 7x7", "conv3.rf == 7", "conv3.rf >= 7", "conv3.rf != 5x5", "tall.rf == 13x7",
    "tall.rf_stride == 2x1", "tall.rf_padding == 6x3", "rf == up.rf", "rf_stride == [1, 1 / 2]",
    "conv1.rf_padding == 1",
]  # fmt: skip


@pytest.mark.parametrize("fact", HOLD)
def test_facts_about_receptive_fields_hold(fact: str) -> None:
    assert check(LECTURE.format(fact)) == []


@pytest.mark.parametrize(
    ("fact", "code"), [("conv3.rf == 5x5", "A501"), ("fc.rf == 7", "A504"), ("rff == 7", "A502")]
)
def test_facts_that_are_not_so_are_reported(fact: str, code: str) -> None:
    assert [found.code for found in check(LECTURE.format(fact))] == [code]
