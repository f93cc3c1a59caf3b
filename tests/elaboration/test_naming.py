"""The path of labels is the `state_dict` key: docs/language.md, section "Names", rule by rule."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from checking import check, paths

from tests.backends.torch.interpreter import compiled, graph_of

HEAD = "network n {\n    input 8x8x8\n"


def named(*lines: str, before: str = "") -> list[str]:
    """The paths in a network of these lines, after definitions of blocks."""
    body = "".join(f"    {line}\n" for line in lines)
    return paths(f"{before}{HEAD}{body}}}\n", "n")


def test_a_label_wins() -> None:
    assert named("stem: conv(3x3, 8)", "bn") == ["stem", "bn1"]


def test_a_network_numbers_unlabelled_layers_by_their_op() -> None:
    assert named("conv(3x3, 8) -> bn -> conv(3x3, 8) -> bn") == ["conv1", "bn1", "conv2", "bn2"]


def test_the_ordinal_of_an_op_does_not_count_labelled_ones() -> None:
    assert named("stem: conv(3x3, 8)", "conv(3x3, 8)") == ["stem", "conv1"]


def test_a_block_of_one_unlabelled_chain_counts_as_sequential_does() -> None:
    found = named("unit", before="block unit { conv(3x3, 8) -> relu -> bn }\n")
    assert found == ["unit1.0", "unit1.1", "unit1.2"]


def test_one_label_in_a_chain_ends_its_numbering() -> None:
    found = named("unit", before="block unit { conv(3x3, 8) -> act: relu -> conv(1x1, 8) }\n")
    assert found == ["unit1.conv1", "unit1.act", "unit1.conv2"]


def test_a_merge_in_a_block_ends_its_numbering() -> None:
    found = named("unit", before="block unit { add { | conv(3x3, 8) | identity } -> relu }\n")
    assert found == ["unit1.conv1", "unit1.identity1", "unit1.add1", "unit1.relu1"]


def test_a_labelled_call_of_a_block_is_a_level() -> None:
    found = named("stem: unit", before="block unit { conv(3x3, 8) -> bn }\n")
    assert found == ["stem.0", "stem.1"]


def test_a_block_of_one_item_keeps_its_level() -> None:
    assert named("stem: unit", before="block unit { conv(3x3, 8) }\n") == ["stem.0"]


def test_a_labelled_group_is_a_level_and_numbers_its_chain() -> None:
    assert named("stem: { conv(3x3, 8) -> bn -> relu }") == ["stem.0", "stem.1", "stem.2"]


def test_a_group_of_one_item_is_that_item() -> None:
    assert named("stem: { conv(3x3, 8) }") == ["stem"]


def test_a_labelled_repeat_numbers_its_iterations() -> None:
    found = named("stage: repeat 2 { conv(3x3, 8) -> relu }")
    assert found == ["stage.0.0", "stage.0.1", "stage.1.0", "stage.1.1"]


def test_an_iteration_of_one_item_is_that_item() -> None:
    assert named("stage: repeat 2 { conv(3x3, 8) }") == ["stage.0", "stage.1"]


def test_an_iteration_of_one_block_is_that_block() -> None:
    found = named("layer1: repeat 2 { unit }", before="block unit { conv1: conv(3x3, 8) -> bn }\n")
    assert found == ["layer1.0.conv1", "layer1.0.bn1", "layer1.1.conv1", "layer1.1.bn1"]


def test_an_unlabelled_repeat_opens_no_scope() -> None:
    assert named("repeat 2 { conv(3x3, 8) -> relu }") == ["conv1", "relu1", "conv2", "relu2"]


def test_an_unlabelled_repeat_in_a_chain_is_counted_through() -> None:
    found = named("unit", before="block unit { repeat 2 { conv(3x3, 8) -> relu } -> bn }\n")
    assert found == ["unit1.0", "unit1.1", "unit1.2", "unit1.3", "unit1.4"]


def test_a_label_in_an_unlabelled_repeat_carries_an_index() -> None:
    found = named("repeat i in range(2) { conv{i + 1}: conv(3x3, 8) }")
    assert found == ["conv1", "conv2"]


def test_labels_are_interpolated_with_several_parts() -> None:
    found = named("repeat i, w in [8, 16] { s{i}w{w}x: conv(3x3, w) }")
    assert found == ["s0w8x", "s1w16x"]


def test_a_skip_opens_no_scope_and_its_shortcut_is_named() -> None:
    found = named("skip downsample: conv(1x1, 8) { conv(3x3, 8) -> bn }")
    assert found == ["conv1", "bn1", "downsample", "add1"]


def test_branches_open_no_scope() -> None:
    found = named("concat { | conv(1x1, 8) | conv(3x3, 8) -> relu }")
    assert found == ["conv1", "conv2", "relu1", "concat1"]


def test_an_if_opens_no_scope() -> None:
    found = named("if in.channels == 8 { conv(3x3, 8) } else { bn }", "conv(1x1, 8)")
    assert found == ["conv1", "conv2"]


def test_an_inline_block_opens_no_scope() -> None:
    before = "inline block cr { conv(3x3, 8) -> relu }\n"
    assert named("cr -> cr", before=before) == ["conv1", "relu1", "conv2", "relu2"]


def test_a_labelled_inline_block_is_a_group() -> None:
    before = "inline block cr { conv(3x3, 8) -> relu }\n"
    assert named("stem: cr", before=before) == ["stem.0", "stem.1"]


def test_an_unlabelled_input_is_called_input_and_named_ones_have_their_names() -> None:
    text = (
        "network n {\n    input left 3x8x8\n    input right 3x8x8\n"
        "    add { | @left | @right }\n}\n"
    )
    assert paths(text) == ["add1"]


@pytest.mark.parametrize("edit", ["", " -> bn", " -> relu -> extra: conv(1x1, 8)"])
def test_an_edit_in_one_block_never_renames_another(edit: str) -> None:
    before = f"block a {{ conv(3x3, 8){edit} }}\nblock b {{ conv(3x3, 8) -> bn }}\n"
    found = named("a -> b -> tail: b", before=before)
    assert [path for path in found if not path.startswith("a1")] == [
        "b1.0",
        "b1.1",
        "tail.0",
        "tail.1",
    ]


UNITS = """
block unit(k) { repeat k { conv(3x3, 8) } }
block plain { conv(3x3, 8) }
block labelled { c: conv(3x3, 8) }
block ending(k) { repeat k { conv(3x3, 8) } -> bn }
block residual(k) { skip { repeat k { conv(3x3, 8) -> bn } } }
block optional(k) { if k > 0 { conv(3x3, 8) } -> if k > 1 { bn } }
inline block cr(k) { repeat k { conv(3x3, 8) } }
"""

# The number of a rule and a text in which something is there N times; then the paths of the
# convolutions and norms where N is 0, 1 and 2.
RULES = """
1 repeat i in range(N) { c{i}: conv(3x3, 8) }
= / c0 / c0 c1
1 repeat i in range(N) { c{i}: plain }
= / c0.0 / c0.0 c1.0
2 repeat N { plain }
= / plain1.0 / plain1.0 plain2.0
2 repeat N { cr(1) }
= / conv1 / conv1 conv2
2 dense N { conv(3x3, 8) }
= / conv1 / conv1 conv2
2 repeat N { skip { conv(3x3, 8) } }
= / conv1 / conv1 conv2
2 a: cr(N) -> bn
= bn1 / a.0 bn1 / a.0 a.1 bn1
2 a: skip { repeat N { bn } }
= / a.bn1 / a.bn1 a.bn2
3 a: repeat N { conv(3x3, 8) -> bn }
= / a.0.0 a.0.1 / a.0.0 a.0.1 a.1.0 a.1.1
3 a: repeat N { plain }
= / a.0.0 / a.0.0 a.1.0
3 a: repeat N { labelled }
= / a.0.c / a.0.c a.1.c
3 a: dense N { bn -> conv(3x3, 4) }
= / a.0.0 a.0.1 / a.0.0 a.0.1 a.1.0 a.1.1
3 a: repeat N { c: conv(3x3, 8) -> bn }
= / a.0.c a.0.bn1 / a.0.c a.0.bn1 a.1.c a.1.bn1
3 a: repeat N { b: repeat 1 { bn } -> bn }
= / a.0.b.0 a.0.bn1 / a.0.b.0 a.0.bn1 a.1.b.0 a.1.bn1
4 a: repeat N { conv(3x3, 8) }
= / a.0 / a.0 a.1
4 a: dense N { conv(3x3, 8) }
= / a.0 / a.0 a.1
4 a: { if N > 0 { conv(3x3, 8) } -> if N > 1 { bn } }
= / a / a.0 a.1
4 a: { repeat N { conv(3x3, 8) } }
= / a.0 / a.0 a.1
4 a: { repeat N { conv(3x3, 8) } -> bn }
= a.0 / a.0 a.1 / a.0 a.1 a.2
4 a: { cr(N) }
= / a.0 / a.0 a.1
4 a: repeat 1 { repeat N { conv(3x3, 8) } }
= / a.0.0 / a.0.0 a.0.1
4 a: repeat N { repeat 1 { conv(3x3, 8) } }
= / a.0.0 / a.0.0 a.1.0
4 a: unit(N)
= / a.0 / a.0 a.1
5 a: { repeat i in range(N) { c{i}: conv(3x3, 8) } }
= / a.c0 / a.c0 a.c1
5 a: { if N > 0 { c: conv(3x3, 8) } -> if N > 1 { d: bn } }
= / a.c / a.c a.d
5 a: repeat i in range(N) { c{i}: conv(3x3, 8) }
= / a.c0 / a.c0 a.c1
5 a: repeat i in range(N) { c{i}: plain }
= / a.c0.0 / a.c0.0 a.c1.0
5 a: dense i in range(N) { c{i}: conv(3x3, 8) }
= / a.c0 / a.c0 a.c1
5 a: repeat i in range(N) { b{i}: repeat N { bn } }
= / a.b0.0 / a.b0.0 a.b0.1 a.b1.0 a.b1.1
6 ending(N)
= ending1.0 / ending1.0 ending1.1 / ending1.0 ending1.1 ending1.2
6 a: { relu -> repeat N { bn } }
= / a.1 / a.1 a.2
7 repeat N { conv(3x3, 8) -> bn }
= / conv1 bn1 / conv1 bn1 conv2 bn2
7 residual(N)
= / residual1.conv1 residual1.bn1 / residual1.conv1 residual1.bn1 residual1.conv2 residual1.bn2
8 a: repeat N { bn } -> b: { repeat N { bn } }
= / a.0 b.0 / a.0 a.1 b.0 b.1
8 a: repeat 2 { repeat N { bn } }
= / a.0.0 a.1.0 / a.0.0 a.0.1 a.1.0 a.1.1
8 a: split 2 { repeat N { bn } }
= / a.0.0 a.1.0 / a.0.0 a.0.1 a.1.0 a.1.1
8 a: optional(N)
= / a.0 / a.0 a.1
"""
CASES = [
    (rule, text.replace("N", str(count)), paths.split())
    for rule, text, found in re.findall(r"^(\d) (.*)\n=(.*)$", RULES, re.MULTILINE)
    for count, paths in enumerate(found.split("/"))
]


@pytest.mark.parametrize(("rule", "text", "expected"), CASES)
def test_a_rule_holds_at_each_count(rule: str, text: str, expected: list[str]) -> None:
    """In the graph, and for the keys of the generated network."""
    graph = graph_of(f"{UNITS}{HEAD}    {text}\n    relu\n}}\n")
    assert [node.path for node in graph.nodes if node.op.word in ("conv", "bn")] == expected
    keys = [key.removesuffix(".weight") for key in compiled(graph).state_dict() if "weight" in key]
    assert sorted(keys) == sorted(expected)


def test_every_rule_of_the_page_is_tested() -> None:
    page = (Path(__file__).parents[2] / "docs" / "language.md").read_text("utf-8")
    section = page.split("## Names\n")[1].split("\n## ")[0]
    assert {rule for rule, *_ in CASES} == {*re.findall(r"^(\d+)\. ", section, re.MULTILINE)}


def test_the_label_of_one_iteration_leaves_the_numbers_of_the_others() -> None:
    found = named("a: repeat i in range(3) { if i == 0 { first: bn } else { bn } }")
    assert found == ["a.first", "a.1", "a.2"]


@pytest.mark.parametrize(
    "item",
    [
        "a: { conv(3x3, 4) -> @x }",
        "a: unit(@x)",
        "a: repeat 1 { conv(3x3, 4) -> @x }",
        "a: { b: conv(1x1, 2) -> c: conv(3x3, 4) -> @b }",
        "a: { repeat 0 { relu } }",
        "a: { @x -> repeat 0 { relu } }",
        "a: split { | conv(1x1, 1) | relu -> conv(3x3, 1) }",
    ],
)
def test_the_facts_of_a_level_are_those_of_its_value(item: str) -> None:
    text = (
        "block unit(v) { conv(3x3, 4) -> @v }\n"
        f"{HEAD}    x: conv(1x1, 2)\n    {item}\n    expect a.out == 2x8x8\n}}\n"
    )
    assert [finding.message for finding in check(text)] == []
