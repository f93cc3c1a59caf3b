"""What programs mean: variants, partial blocks, recursion, values as arguments, references."""

from __future__ import annotations

import pytest
from checking import check, graph, paths

from archdsl.ir import dump


def lines(text: str, network: str | None = None) -> list[str]:
    """The dump of a network without places and calls: `conv(…)(%0) : 8x8x8  # conv1`."""
    found = [line.strip() for line in dump(graph(text, network)).splitlines()]
    return ["  ".join(line.split("  ")[:2]) for line in found if line.startswith("%")]


def test_a_dump_shows_ops_operands_shapes_and_paths() -> None:
    text = "network n { input 3x32x32 -> stem: conv(7x7, 64, /2, bias=false) -> bn -> relu }\n"
    assert lines(text) == [
        "%0 = input() : 3x32x32  # input",
        "%1 = conv(7x7, 64, stride=2x2, bias=false)(%0) : 64x16x16  # stem",
        "%2 = bn(%1) : 64x16x16  # bn1",
        "%3 = relu(%2) : 64x16x16  # relu1",
    ]


FAMILY = """
block basic(width) { conv(3x3, width) -> relu }
block wide(width, factor = 2) { conv(1x1, factor * width) -> relu }

network family(unit, widths, classes = 10) {
    input 3x8x8
    repeat i, width in widths { stage{i}: unit(width) }
    flatten
    fc: linear(classes)
}

network small = family(basic, [4, 8])
network other = small(classes=3)
network wider = family(wide(factor=4), [4])
"""


def test_a_variant_binds_the_parameters_of_a_network() -> None:
    assert graph(FAMILY, "small").at("fc").shape == (10,)  # type: ignore[union-attr]


def test_a_variant_of_a_variant_binds_again() -> None:
    found = graph(FAMILY, "other")
    assert found.at("fc").shape == (3,)  # type: ignore[union-attr]
    assert found.at("stage1.0").shape == (8, 8, 8)  # type: ignore[union-attr]


def test_a_block_with_some_arguments_bound_is_a_value() -> None:
    assert graph(FAMILY, "wider").at("stage0.0").shape == (16, 8, 8)  # type: ignore[union-attr]


def test_a_network_with_open_parameters_is_not_checked_by_itself() -> None:
    assert check(FAMILY) == []


FRACTAL = """
inline block unit(channels) { conv(3x3, channels) -> bn -> relu }

block fractal(channels, columns) {
    if columns == 1 {
        unit(channels)
    } else {
        add {
            | unit(channels)
            | fractal(channels, columns - 1) -> fractal(channels, columns - 1)
        }
    }
}

network fractalnet(columns = 3) {
    input 3x32x32
    block1: fractal(8, columns)
    expect depth == 4
}
"""


def test_a_block_calls_itself_with_a_smaller_number() -> None:
    found = paths(FRACTAL)
    assert found[:3] == ["block1.conv1", "block1.bn1", "block1.relu1"]
    assert "block1.fractal2.fractal1.0" in found
    assert sum(path.endswith(("conv1", ".0")) for path in found) == 7
    assert check(FRACTAL) == []


def test_values_are_arguments_of_blocks() -> None:
    text = """
block cell(prev) { add { | conv(3x3, 8) | @prev -> conv(1x1, 8) } }
network n { input 3x8x8 -> stem: conv(3x3, 4) -> relu -> cell(@stem) }
"""
    assert lines(text)[-3:] == [
        "%3 = conv(3x3, 8)(%2) : 8x8x8  # cell1.conv1",
        "%4 = conv(1x1, 8)(%1) : 8x8x8  # cell1.conv2",
        "%5 = add(%3, %4) : 8x8x8  # cell1.add1",
    ]


def test_values_stand_in_lists() -> None:
    text = """
block pick(values) { add { | identity | values[1] } }
network n { input 8x8x8 -> a: relu -> b: conv(3x3, 8) -> bn -> pick([@a, @b]) }
"""
    assert lines(text)[-1].startswith("%5 = add(%4, %2)")


def test_several_inputs_and_outputs_have_names() -> None:
    text = """
network n {
    input left 3x8x8
    input right 3x4x4
    c3: conv(3x3, 8)
    @left
    c4: conv(3x3, 16)
    output @c3, @c4
}
"""
    found = graph(text)
    assert [found.nodes[i].path for i in found.inputs] == ["left", "right"]
    assert found.output_names == ["c3", "c4"]
    assert [found.nodes[i].shape for i in found.outputs] == [(8, 4, 4), (16, 8, 8)]


def test_an_output_with_an_index_is_named_by_its_label() -> None:
    text = (
        "network n {\n    input 3x8x8\n    repeat i in range(2) { c{i}: relu }\n"
        "    output @c{0}, @c{2 - 1}\n}\n"
    )
    assert graph(text).output_names == ["c0", "c1"]


def test_a_reference_reaches_into_a_labelled_call() -> None:
    text = """
block stage { y0: conv(3x3, 8) -> y1: relu }
network n { input 3x8x8 -> stage2: stage -> add { | identity | @stage2.y0 } }
"""
    assert lines(text)[-1].startswith("%4 = add(%3, %1)")


def test_a_block_does_not_see_the_labels_of_its_caller() -> None:
    text = "block b { add { | relu | @a } }\nnetwork n { input 3x8x8 -> a: relu -> b }\n"
    assert [finding.code for finding in check(text)] == ["A210"]


def test_facts_of_the_current_value_decide_at_compile_time() -> None:
    text = """
block project(channels) { if in.channels != channels { conv(1x1, channels) } }
network n { input 3x8x8 -> a: project(3) -> b: project(4) -> c: conv(3x3, in.height * in.width) }
"""
    assert [line.split(" : ")[1] for line in lines(text)] == [
        "3x8x8  # input",
        "3x8x8  # a.0",
        "4x8x8  # b.0",
        "64x8x8  # c",
    ]


def test_defaults_hold_for_what_follows_in_their_scope() -> None:
    text = """
default conv(bias=false)
block b { conv(3x3, 1) -> bn }
network n {
    input 1x4x4
    b
    a: { default conv(kernel=1x1, channels=2) -> conv() -> relu }
    conv(3x3, 1, bias=true)
}
expect n.params == 9 + 2 + 2 + 19
"""
    assert check(text) == []


def test_imports_bring_blocks_networks_and_constants() -> None:
    files = {
        "parts": "let width = 8\nblock unit { conv(1x1, width) }\nnetwork base(k) "
        "{ input 3x4x4 -> repeat k { unit } }\n"
    }
    text = "from parts import base, width\nnetwork mine = base(width)\nexpect mine.depth == width\n"
    assert check(text, files) == []
    assert len(graph(text, "mine", files).nodes) == 9


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("2 ** 3 ** 2", "512"),
        ("-2 ** 2", "-4"),
        ("7 // 2 + 7 % 2", "4"),
        ("7 / 2", "3.5"),
        ("1 if true and not false else 2", "1"),
        ("false or 1 < 2", "true"),
        ("[1, 2] + [3] * 2", "[1, 2, 3, 3]"),
        ("[5, 6, 7][-1]", "7"),
        ("{18: [2, 2], 34: [3, 4]}[34][1]", "4"),
        ('{"a": 1, 3x3: 2}[3x3]', "2"),
        ("len([1, 2]) + len(3x4x5)", "5"),
        ("sum(range(5)) + sum(range(2, 4))", "15"),
        ("min(3, 2) + max([1, 5])", "7"),
        ("round(2.567, 1)", "2.6"),
        ("round(2.5) + floor(2.9) + ceil(2.1)", "7"),
        ("linspace(0, 1, 3)", "[0.0, 0.5, 1.0]"),
        ("divisible(37.5)", "40"),
        ("divisible(33, 8, 16)", "32"),
        ("[divisible(25), divisible(25, 8, up=true), divisible(24, up=true)]", "[24, 32, 24]"),
        ("divisible(3, by=4, least=16, up=true)", "16"),
        ("[sqrt(16), exp(0), log(1), log(8, 2), log(100, base=10)]", "[4, 1, 0, 3, 2]"),
        ("round(exp(log(5)), decimals=6)", "5"),
        ("[2 * x for x in [1, 2, 3] if x != 2]", "[2, 6]"),
        ("[i + a * b for i, (a, b) in [[1, 2], [3, 4]]]", "[2, 13]"),
        ("[[x for x in range(k)] for k in [1, 2]]", "[[0], [0, 1]]"),
        ("[h - w for (h, w) in [5x3]]", "[2]"),
        ("[x for x in [1, 2] if x > (2 if true else 0)]", "[]"),
        ("25_557_032", "25557032"),
        ("1e-5", "0.00001"),
        ("true == 1", "false"),
        ("3x224x224[0]", "3"),
        ("[1x7 // 2, 3x224x224 // 32]", "[0x3, 0x7x7]"),
    ],
)
def test_an_expression_has_its_value(expression: str, value: str) -> None:
    text = f"let found = {expression}\nlet wanted = {value}\n"
    text += "network n { input 3x4x4 -> relu }\nexpect found == wanted\n"
    assert [finding.message for finding in check(text)] == []


def test_a_function_computes_in_the_names_of_its_definition() -> None:
    text = """\
let base = 8
let up(x, by = base) = divisible(2 * x, by, up=true)
let power(b, k) = 1 if k == 0 else b * power(b, k - 1)
network n(width = 5) {
    let deeper(k) = width + up(k)
    input 3x4x4
    conv(3x3, deeper(7))
    expect out == 21x4x4
}
expect up(5) == 16
expect up(by=4, x=5) == 12
expect power(2, 10) == 1024
"""
    assert [finding.message for finding in check(text)] == []


def test_a_skip_under_a_condition_is_its_body_where_the_condition_fails() -> None:
    text = """\
block unit(channels) {
    skip if in.channels == channels { layer: conv(3x3, channels) -> relu }
}
network n { input 3x4x4 -> unit(3) -> unit(8) }
"""
    made = graph(text, "n")
    assert [node.op.word for node in made.nodes] == ["input", "conv", "relu", "add", "conv", "relu"]
    named = [(node.op.word, node.path) for node in made.nodes]
    assert named[1] == ("conv", "unit1.layer")
    assert named[4] == ("conv", "unit2.layer")


def test_a_header_names_the_parts_of_each_item() -> None:
    text = """\
network n {
    input 3x4x4
    repeat i, (channels, kernel) in [[4, 1x1], [8, 3x3]] { layer{i}: conv(kernel, channels) }
    expect layer0.out == 4x4x4
    expect layer1.out == 8x4x4
}
"""
    assert [finding.message for finding in check(text)] == []


def test_a_parameter_may_have_the_name_of_an_op() -> None:
    text = """\
default dropout(0.1)
block unit(scale, dropout, conv, relu = 2) {
    default conv(bias=false)
    conv(3x3, 4 * conv) -> dropout(dropout) -> scale(scale) -> relu
    conv(1x1, relu)
}
block wrapped(relu) { relu }
network n(linear = 10) {
    input 3x4x4
    unit(0.5, dropout=0.25, conv=2)
    wrapped(gelu)
    wrapped(block_of)
    flatten -> linear(linear)
}
block block_of { silu }
"""
    assert [finding.message for finding in check(text)] == []
    words = [node.op.word for node in graph(text, "n").nodes]
    assert " ".join(words) == "input conv dropout scale relu conv gelu silu flatten linear"
    conv, dropout, scale = graph(text, "n").nodes[1:4]
    assert (conv.shape, conv.op.bias) == ((8, 4, 4), False)
    assert (dropout.op.p, scale.op.factor) == (0.25, 0.5)


def test_an_iteration_is_found_by_its_number() -> None:
    text = """\
network n(k = 3) {
    input 3x8x8
    convs: repeat i in range(k) { first: conv(3x3, 4 + i) -> relu }
    concat { | @convs.0 | @convs.{k - 2} | @convs.2.first }
    parts: split 3 { conv(1x1, 2) }
    layers: dense 2 { conv(3x3, 4) }
    concat { | @parts.2 | @layers.{1} | @layers }
}
"""
    made = graph(text, "n")
    first, second = (
        node for node in made.nodes if node.op.word == "concat" and "." not in node.path
    )
    assert [made.nodes[i].path for i in first.inputs] == [
        "convs.0.relu1",
        "convs.1.relu1",
        "convs.2.first",
    ]
    assert [made.nodes[i].path for i in second.inputs][:2] == ["parts.2", "layers.1"]
    assert second.shape == (2 + 4 + 6 + 8, 8, 8)
