"""What a picture shows: which parts are opened, which stand for several, how they are joined."""

from __future__ import annotations

import sys
from itertools import pairwise
from types import FrameType

import pytest

from archdsl.backends.diagram import LEVELS, OVERLAYS, DiagramOptions, TooLarge, draw, model
from archdsl.backends.diagram.dense_blocks import half
from archdsl.backends.diagram.edge_routes import Obstacles, PartPlace
from archdsl.backends.diagram.options import COLOURINGS
from archdsl.backends.diagram.picture_model import PicturePart, leaves
from archdsl.backends.diagram.size_limits import MOST_CARDS, excess
from archdsl.backends.diagram.svg import as_svg
from tests.checking import graph
from tests.work import calls

RESIDUAL = """
block unit(width, stride = 1) {
    skip project(width, stride) {
        conv(3x3, width, /stride, bias=false) -> bn -> relu
        conv(3x3, width, bias=false) -> bn
    }
    relu
}
block project(width, stride) { if in.channels != width { conv(1x1, width, /stride) } }
network net {
    input 3x32x32
    conv(3x3, 16) -> bn -> relu
    stage1: repeat 4 { unit(16) }
    stage2: repeat i in range(4) { unit(32, 2 if i == 0 else 1) }
    avgpool(global) -> flatten -> fc: linear(10)
}
"""
MODULE = """
network net {
    input 8x28x28
    module: {
        concat {
            | conv(1x1, 4) -> relu
            | conv(1x1, 2) -> relu -> conv(3x3, 8) -> relu
            | maxpool(3x3, /1, pad=1)
        }
    }
    conv(1x1, 2)
}
"""
DENSE = """
block layer(growth) { bn -> relu -> conv(3x3, growth) }
network net {
    input 8x8x8
    rail: dense i in range(6) { layer{i + 1}: layer(4) }
    conv(1x1, 2)
}
"""


def shown(text: str, **options: object) -> PicturePart:
    return model(graph(text), DiagramOptions(**options)).root  # type: ignore[arg-type]


def texts(part: PicturePart) -> list[str]:
    """What is written on the parts of a body, with how many each stands for."""
    assert part.body is not None
    written = []
    for each in part.body.parts:
        times = f" x{each.times}" if each.times > 1 else ""
        written.append(
            " ".join(filter(None, (each.name, each.title, each.detail, each.note))) + times
        )
    return written


def part(root: PicturePart, path: str) -> PicturePart:
    (found,) = [each for each in everything(root) if each.path == path]
    return found


def everything(root: PicturePart) -> list[PicturePart]:
    inside = root.body.parts if root.body else []
    return [root, *(each for child in inside for each in everything(child))]


def edges(root: PicturePart) -> set[tuple[str, str, str]]:
    """The edges of a body, by what is written on their ends."""
    assert root.body is not None
    names = {number: each.title for number, each in enumerate(root.body.parts)}
    return {
        (names.get(a, "in"), names.get(b, "out"), mark)  # type: ignore[arg-type]
        for (a, b), mark in root.body.edges.items()
    }


def test_the_network_level_opens_nothing() -> None:
    assert texts(shown(RESIDUAL, level="network")) == [
        "input 3×32×32",
        "conv 3×3, 16 bn · relu",
        "stage1 4 × unit",
        "stage2 4 × unit",
        "avgpool global",
        "flatten",
        "fc linear 10",
    ]


def test_the_stage_level_shows_blocks_with_their_arguments() -> None:
    root = shown(RESIDUAL, level="stage")
    assert texts(part(root, "stage1")) == ["unit 16 x4"]


def test_a_first_iteration_that_differs_is_shown_once() -> None:
    root = shown(RESIDUAL, level="stage")
    assert texts(part(root, "stage2")) == ["unit 32, stride=2", "unit 32 x3"]


def test_the_block_level_opens_blocks_and_keeps_equal_ones_together() -> None:
    root = shown(RESIDUAL, level="block")
    (unit,) = part(root, "stage1").body.parts  # type: ignore[union-attr]
    assert unit.times == 4
    assert texts(unit) == ["conv 3×3, 16 bn · relu", "conv 3×3, 16 bn", "+", "relu"]


def test_the_op_level_shows_every_op() -> None:
    net = graph(RESIDUAL)
    cards = leaves([model(net, DiagramOptions("op")).root])
    drawn = [node for node in net.nodes if not node.op.passes]
    assert [card.nodes for card in cards] == [[node] for node in drawn]


def test_every_op_is_on_one_card_at_every_level() -> None:
    net = graph(RESIDUAL)
    for level in ("network", "stage", "block"):
        root = model(net, DiagramOptions(level)).root
        stands_for = [node.id for each in everything(root) for node in nodes_of(each)]
        assert sorted(stands_for) == [node.id for node in net.nodes if not node.op.passes]


def nodes_of(part: PicturePart) -> list:  # type: ignore[type-arg]
    """The drawn nodes that a part stands for, without those of the parts in it."""
    own = [node for node in part.nodes if not node.op.passes]
    return own + [node for each in part.spread for node in spread_nodes(each)]


def spread_nodes(part: PicturePart) -> list:  # type: ignore[type-arg]
    inside = part.body.parts if part.body else []
    return nodes_of(part) + [node for each in inside for node in spread_nodes(each)]


def test_identity_is_solid_and_projection_is_marked() -> None:
    root = shown(RESIDUAL, level="op")
    first, second = part(root, "stage2").body.parts[:2]  # type: ignore[union-attr]
    assert ("conv 1×1, 32, /2", "+", "shortcut") in edges(first)
    assert ("in", "conv 1×1, 32, /2", "shortcut") in edges(first)
    assert ("in", "+", "") in edges(second)


def test_expand_opens_one_part_besides() -> None:
    root = shown(RESIDUAL, level="network", expand=("stage2.0",))
    assert texts(part(root, "stage2")) == ["unit 32, stride=2", "unit 32 x3"]
    assert part(root, "stage2.0").body is not None
    assert part(root, "stage1").body is None


def test_an_opened_iteration_stands_apart_from_its_equals() -> None:
    root = shown(RESIDUAL, level="network", expand=("stage1.2",))
    assert texts(part(root, "stage1")) == ["unit 16 x2", "unit 16", "unit 16"]


def test_branches_meet_in_one_bar() -> None:
    module = part(shown(MODULE, level="block"), "module")
    assert [each.form for each in module.body.parts][-1] == "bar"  # type: ignore[union-attr]
    into = {source for source, target, _ in edges(module) if target == "concat"}
    assert into == {"conv 1×1, 4", "branch", "maxpool 3×3, /1"}
    (column,) = [each for each in everything(module) if each.form == "frame"]
    assert texts(column) == ["conv 1×1, 2 relu", "conv 3×3, 8 relu"]


def test_columns_of_a_recursion_are_kept_apart() -> None:
    text = """
block fractal(n) {
    if n == 1 { conv(3x3, 4) } else {
        join { | conv(3x3, 4) | fractal(n - 1) -> fractal(n - 1) }
    }
}
network net { input 4x8x8 -> fractal(3) }"""
    root = shown(text, level="block")
    cards = [each for each in leaves([root]) if each.title == "conv 3×3, 4"]
    assert [each.times for each in cards] == [1] * 7


def test_a_dense_block_is_a_rail_of_its_channels() -> None:
    rail = part(shown(DENSE, level="stage"), "rail")
    assert rail.form == "rail"
    assert texts(rail) == ["layer 4 x6"]
    assert rail.body is not None
    assert rail.body.widths == [8, 8 + 6 * 4]


def test_a_rail_widens_layer_by_layer_at_the_op_level() -> None:
    rail = part(shown(DENSE, level="op"), "rail")
    assert rail.body is not None
    assert rail.body.widths == [8, 12, 16, 20, 24, 28, 32]
    assert not rail.body.edges or all(a != b for a, b in rail.body.edges)


def test_equal_neighbours_between_which_something_is_read_stay_apart() -> None:
    text = """network net { input 4x8x8
        skip { conv(3x3, 4) -> skip { conv(3x3, 4) -> conv(3x3, 4) } } }"""
    assert texts(shown(text, level="block"))[1:3] == ["conv 3×3, 4", "conv 3×3, 4 x2"]


def test_what_is_read_from_elsewhere_ends_a_row() -> None:
    text = """network net { input 4x8x8
        repeat i in range(4) { stage{i}: { conv(3x3, 4) -> pick: conv(1x1, 4) -> relu } }
        add { | conv(1x1, 4) | @stage1.pick } }"""
    written = texts(shown(text, level="network"))
    assert written[1:6] == [
        "stage0 conv 3×3, 4",
        "stage1 conv 3×3, 4",
        "pick 4×8×8",
        "group conv 3×3, 4 x2",
        "conv 1×1, 4",
    ]


def test_layers_that_the_author_named_are_shown_by_name() -> None:
    text = (
        "network net { input 4x8x8 \n a: conv(3x3, 4) \n b: conv(3x3, 4) \n conv2: conv(3x3, 4) }"
    )
    assert texts(shown(text)) == [
        "input 4×8×8", "a conv 3×3, 4", "b conv 3×3, 4", "conv2 conv 3×3, 4"
    ]  # fmt: skip


def test_auxiliary_heads_are_marked() -> None:
    text = """network net { input 4x8x8
        conv(3x3, 4)
        aux1: aux(weight=0.3) { avgpool(global) -> flatten -> linear(2) }
        conv(3x3, 8) }"""
    assert ("conv 3×3, 4", "aux1", "aux") in edges(shown(text, level="network"))


def test_several_outputs_are_shown() -> None:
    text = """network net { input 4x8x8
        a: conv(3x3, 4) -> b: conv(3x3, 8) -> output @a, @b }"""
    assert texts(shown(text))[-2:] == ["output a", "output b"]


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        ("changes", ["16×32×32", "", "", "", "16×1×1"]),
        ("all", ["16×32×32", "16×32×32", "16×32×32", "16×32×32", "16×1×1"]),
        ("none", ["", "", "", "", ""]),
    ],
)
def test_shapes_are_written_where_they_are_asked_for(which: str, expected: list[str]) -> None:
    text = """network net { input 3x32x32
        a: conv(3x3, 16) -> b: conv(3x3, 16)
        skip { conv(3x3, 16) }
        avgpool(global) }"""
    root = shown(text, level="op", shapes=which)
    assert root.body is not None
    assert [each.shape for each in root.body.parts[1:]] == expected


def test_a_picture_of_too_many_cards_says_which_level_would_do() -> None:
    text = "network net { input 4x8x8 \n repeat i in range(4000) { conv(1x1, 4 + i % 2) } }"
    with pytest.raises(TooLarge, match=r"4,001 cards of net.*use --level block \(61 cards\)"):
        model(graph(text), DiagramOptions("op"))


@pytest.mark.parametrize("level", [None, *LEVELS])
@pytest.mark.parametrize(
    "body",
    [
        "concat {" + "".join(f"| conv(1x1, {1 + i % 3})\n" for i in range(3500)) + "}",
        "split 2000 { conv(1x1, 1) }",
        "".join(f"c{i}: conv(3x3, {2 + i % 3})\n" for i in range(2000))
        + "output " + ", ".join(f"@c{i}" for i in range(2000)),
        "".join(
            f"c{i}: conv(3x3, 2)\nconcat {{ {' '.join(f'| @c{j}' for j in range(i + 1))} }}\n"
            for i in range(60)
        ),
    ],
    ids=["branches", "parts", "outputs", "lines"],
)  # fmt: skip
def test_no_level_draws_more_than_graphviz_lays_out(level: str | None, body: str) -> None:
    net = graph(f"network net {{ input 2000x8x8\n{body} }}")
    try:
        found = model(net, DiagramOptions(level))
    except TooLarge as refused:
        assert "are the most: use --level" in str(refused) or "every level" in str(refused)  # noqa: PT017
        return
    assert excess(found.root) is None
    assert len(leaves([found.root])) <= MOST_CARDS


def test_a_row_of_thousands_of_cards_costs_a_line_what_it_passes() -> None:
    def routed(count: int) -> int:
        row = [PartPlace(100.0 * n, 50.0, 90.0, 40.0, (90.0, 40.0)) for n in range(count)]
        around = Obstacles(row)
        a, b = (100.0 * (count // 2), 0.0), (100.0 * (count // 2), 60.0)
        return calls(lambda: around.free(a, b))

    assert routed(3000) < 2 * routed(30)


def test_a_long_list_is_cut_in_its_middle() -> None:
    text = "network net { input 4x8x8 \n repeat i in range(400) { conv(1x1, 4 + i % 2) } }"
    written = texts(shown(text))
    assert "341 more" in written
    assert len(written) == 61


def test_the_command_line_knows_every_colouring() -> None:
    assert tuple(OVERLAYS) == COLOURINGS


def test_towers_are_two_lanes() -> None:
    text = """network net { input 4x8x8
        towers: split 2 { conv1: conv(3x3, 4) -> conv2: conv(3x3, 4) }
        conv(1x1, 2) }"""
    towers = part(shown(text, level="stage"), "towers")
    assert sorted(texts(towers)) == ["concat", "part 0", "part 1", "slice 0, 2", "slice 2, 4"]
    assert {source for source, target, _ in edges(towers) if target == "concat"} == {
        "part 0",
        "part 1",
    }


def test_a_rail_grows_with_every_layer() -> None:
    widths = [16, 28, 40, 52]
    halves = [half(each, widths) for each in widths]
    steps = [after - before for before, after in pairwise(halves)]
    assert steps == [pytest.approx(steps[0])] * 3
    assert steps[0] > 0


def test_an_argument_after_one_that_was_left_out_is_named() -> None:
    text = """
block unit(kernel, channels, stride = 1, margin = 1, p = 0, q = 0) {
    conv(kernel, channels, /stride, pad=margin) -> relu
    if p > 0 { dropout(p) }
    if q > 0 { dropout(q) }
}
network net { input 3x32x32
    unit(3, 16, margin=2, p=0.1, q=0.2)
    unit(3, 16, 2, p=0.1, q=0.2) }"""
    units = [each for each in texts(shown(text, level="op")) if each.startswith("unit")]
    assert units == ["unit 3, 16, margin=2, p=0.1, q=0.2", "unit 3, 16, 2, p=0.1, q=0.2"]


RAMP = """
block unit { conv(3x3, 8) -> bn -> drop_path(0.5, ramp=linear) }
network net { input 8x16x16
    repeat 3 { skip { unit } } }"""


def test_every_drop_path_of_a_ramp_shows_its_own_rate() -> None:
    cards = leaves([shown(RAMP, level="op")])
    written = [each.title for each in cards if each.title.startswith("drop_path")]
    assert written == ["drop_path 0.167", "drop_path 0.333", "drop_path 0.5"]


def test_equal_cards_with_different_rates_show_the_range() -> None:
    cards = leaves([shown(RAMP, level="block")])
    assert [each.detail for each in cards if each.kind == "conv"] == ["bn · drop_path 0.167…0.5"]
    text = RAMP.replace("skip { unit }", "unit")
    assert texts(shown(text, level="network"))[1] == "conv 3×3, 8 bn · drop_path 0.167…0.5 x3"
    text = RAMP.replace("conv(3x3, 8)", "conv(3x3, 8) -> conv(1x1, 8)").replace(
        "skip { unit }", "unit"
    )
    assert texts(shown(text, level="network"))[1] == "unit drop_path 0.167…0.5 x3"


def test_what_has_no_effect_is_not_drawn() -> None:
    text = """network net { input 8x16x16
        conv(3x3, 8) -> dropout(0) -> drop_path(0) -> avgpool(global, /1) }"""
    for level in ("network", "op"):
        assert texts(shown(text, level=level))[1:] == ["conv 3×3, 8", "avgpool global"]


def test_a_value_within_a_closed_block_that_others_read_has_its_own_pill() -> None:
    text = """
block backbone { conv(3x3, 16, /2) -> low: relu -> conv(3x3, 64, /2) -> relu }
network net { input 3x64x64
    backbone: backbone
    head: {
        upsample(2) -> conv(1x1, 8)
        add { | identity | @backbone.low -> conv(1x1, 8) }
    } }"""
    root = shown(text, level="network")
    assert texts(root)[1:3] == ["backbone", "low 16×32×32"]
    assert part(root, "backbone").shape == "64×16×16"
    assert {("backbone", "16×32×32", ""), ("16×32×32", "head", "")} <= edges(root)


def test_cells_that_read_two_before_them_are_not_folded() -> None:
    text = """
block cell(channels, previous) {
    start: identity
    previous -> left: conv(1x1, channels)
    @start -> conv(3x3, channels)
    add { | identity | @left }
}
network net { input 8x32x32
    c0: conv(3x3, 8)
    c1: conv(3x3, 8)
    repeat i in range(2, 6) { c{i}: cell(8, @c{i - 2}) } }"""
    root = shown(text, level="stage")
    assert texts(root)[3:] == [f"c{i} cell 8" for i in range(2, 6)]
    assert root.body is not None
    assert {(4, 6), (5, 6), (3, 5), (4, 5)} <= set(root.body.edges)


def test_a_value_read_within_the_second_of_equal_cards_keeps_it_apart() -> None:
    text = """
block unit { a: conv(3x3, 4) -> conv(1x1, 4) }
network net { input 4x8x8
    repeat i in range(4) { u{i}: unit }
    add { | conv(1x1, 4) | @u1.a } }"""
    written = texts(shown(text, level="stage"))
    assert written[1:5] == ["u0 unit", "u1 unit", "a 4×8×8", "unit x2"]


def test_a_caption_of_a_list_of_values_costs_no_more_than_its_text() -> None:
    """Lists of references, and lists that share lists, whose texts would double with each."""
    text = """
block join2(values, sizes) { add { | values[0] | values[1] } -> conv(3x3, sizes[0]) }
network net { input 8x32x32
    c0: conv(3x3, 8)
    c1: conv(3x3, 8)
    repeat i in range(2, CELLS) { c{i}: join2([@c{i - 2}, @c{i - 1}], [8, 8]) } }"""
    steps = [_steps(text.replace("CELLS", str(count))) for count in (10, 100, 1000)]
    assert steps[1] < 11 * steps[0]
    assert steps[2] < 11 * steps[1]


def _steps(text: str) -> int:
    """The calls of Python functions that a picture's model takes."""
    net = graph(text)
    count = 0

    def counted(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(counted)
    try:
        root = model(net, DiagramOptions("stage")).root
    finally:
        sys.setprofile(None)
    assert not any("Node(" in each.detail for each in leaves([root]))
    return count


def test_receptive_fields_never_shrink_along_a_path() -> None:
    text = """network net { input 3x16x16
        repeat 12 { conv(3x3, 4) }
        mul { | identity | avgpool(global) -> conv(1x1, 4) -> sigmoid }
        conv(3x3, 4) -> avgpool(global) -> flatten -> linear(2) }"""
    net = graph(text)
    seen = OVERLAYS["rf"].of(net, None)
    assert seen[net.outputs[0]] == 1 + 2 * 13
    assert all(seen[source] <= seen[node.id] for node in net.nodes for source in node.inputs)


def test_a_field_of_several_inputs_is_the_largest() -> None:
    text = """network net { input a 3x16x16
        input b 3x16x16
        x: { @a -> conv(3x3, 4) }
        y: { @b -> conv(7x7, 4) }
        concat { | @x | @y } -> conv(3x3, 4) }"""
    net = graph(text)
    assert OVERLAYS["rf"].of(net, None)[net.outputs[0]] == 9


def many_inputs(count: int, then: str) -> str:
    inputs = "\n".join(f"input i{k} 2x8x8" for k in range(count))
    branches = "\n".join(f"| @i{k} -> conv(3x3, 1)" for k in range(count))
    return f"network net {{ {inputs}\nconcat {{ {branches} }}\n{then} }}"


def test_fields_of_many_inputs_cost_what_depends_on_them() -> None:
    nets = [graph(many_inputs(count, "")) for count in (100, 100, 1000)]
    _, small, large = (calls(lambda net=net: OVERLAYS["rf"].of(net, None)) for net in nets)  # type: ignore[misc]
    assert large < 12 * small
    seen = OVERLAYS["rf"].of(nets[-1], None)
    assert seen is not None
    assert seen[nets[-1].outputs[0]] == 3


def test_fractional_strides_cost_no_more_behind_many_inputs() -> None:
    """Each of 100 layers reads in 251 ways, along the path of each input."""
    slow = "resize(251x251)\nrepeat 100 { conv(3x3, 1) }"
    nets = [graph(many_inputs(count, slow)) for count in (2, 2, 20)]
    _, small, large = (calls(lambda net=net: OVERLAYS["rf"].of(net, None)) for net in nets)  # type: ignore[misc]
    assert large < 2 * small


def test_fields_of_too_many_inputs_are_refused() -> None:
    net = graph(many_inputs(600, "repeat 600 { conv(1x1, 4) }"))
    with pytest.raises(TooLarge, match=r"600 inputs that .* are the most: colour by another"):
        draw(net, DiagramOptions("network", color_by="rf"))
    assert "receptive field" not in as_svg(draw(net, DiagramOptions("network")))


def test_a_number_of_several_says_whose_it_is() -> None:
    text = """network net { input 4x16x16
        repeat 3 { conv(3x3, 4) -> bn }
        repeat 2 { conv(3x3, 8) -> conv(1x1, 4) } }"""
    svg = as_svg(draw(graph(text), DiagramOptions("block", color_by="params")))
    assert "468 parameters in all 3" in svg  # 3 (4 * 4 * 9 + 4 + 8)
    assert "bn · 468 in all" in svg
    assert "664 parameters in all 2" in svg  # of the box: 2 (8 * 4 * 9 + 8 + 8 * 4 + 4)
    assert "296 parameters\n" in svg  # of the card in it: one of the two
    svg = as_svg(draw(graph(text), DiagramOptions("block", color_by="rf")))
    assert "bn · up to 7 px" in svg
    assert "up to 11 px" in svg
    assert "up to 9 px" not in svg


def test_a_number_does_not_join_the_arguments_of_a_call() -> None:
    text = """block unit(width) { conv(3x3, width) -> conv(1x1, 4) }
        network net { input 4x8x8 \n first: unit(8) }"""
    svg = as_svg(draw(graph(text), DiagramOptions("stage", color_by="rf")))
    assert "unit(8) · 3 px" in svg


def test_a_value_within_a_branch_that_others_read_leaves_the_branch_there() -> None:
    text = """network net { input 4x8x8
        add { | a: conv(3x3, 4) -> conv(1x1, 4) -> relu | @a -> conv(1x1, 4) -> tanh } }"""
    root = shown(text, level="op")
    assert not any(each.form == "frame" and each.path.startswith("a") for each in everything(root))


def test_layers_without_a_name_have_paths_of_their_own() -> None:
    root = shown("network net { input 4x8x8 \n dense 2 { relu -> conv(3x3, 2) } }", level="op")
    paths = [each.path for each in everything(root)]
    assert len(paths) == len(set(paths))
