"""The path of labels is the `state_dict` key: section 4 of the language, rule by rule."""

from __future__ import annotations

import pytest
from checking import paths

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
