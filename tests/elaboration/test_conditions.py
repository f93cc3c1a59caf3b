"""A branch that is a condition which is false is not there; `identity` is the value itself."""

from __future__ import annotations

import pytest
from checking import check, graph

HEAD = "let no = false\nlet yes = true\nnetwork n {\n    input 4x8x8\n    x: conv(1x1, 4)\n    "


def ops(item: str) -> list[tuple[str, tuple[int, ...]]]:
    """The ops behind `x` (node 1) with what they read, and what the network returns."""
    found = graph(f"{HEAD}{item}\n}}\n")
    rows = [(node.op.word, node.inputs) for node in found.nodes[2:]]
    return [*rows, ("output", tuple(found.outputs))]


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("add { | bn | if no { relu } }", [("bn", (1,)), ("add", (2,)), ("output", (3,))]),
        (
            "add { | bn | if yes { relu } }",
            [("bn", (1,)), ("relu", (1,)), ("add", (2, 3)), ("output", (4,))],
        ),
        ("concat { | if no { relu } | bn }", [("bn", (1,)), ("concat", (2,)), ("output", (3,))]),
        (
            "mul { | bn | if no { relu } else if no { tanh } }",
            [("bn", (1,)), ("mul", (2,)), ("output", (3,))],
        ),
        ("join { | bn | if no { relu } }", [("bn", (1,)), ("join", (2,)), ("output", (3,))]),
        (
            "add { | bn | if yes { if no { relu } } }",
            [("bn", (1,)), ("add", (2,)), ("output", (3,))],
        ),
        (
            "add { | bn | let a = 1 -> if no { relu } -> if no { tanh } }",
            [("bn", (1,)), ("add", (2,)), ("output", (3,))],
        ),
        (
            "add { | bn | if no { relu } else { identity } }",
            [("bn", (1,)), ("identity", (1,)), ("add", (2, 3)), ("output", (4,))],
        ),
        (
            "add { | bn | if no { relu } -> tanh }",
            [("bn", (1,)), ("tanh", (1,)), ("add", (2, 3)), ("output", (4,))],
        ),
        ("add { | bn | repeat 0 { relu } }", [("bn", (1,)), ("add", (2, 1)), ("output", (3,))]),
        ("skip { if no { bn } } -> relu", [("relu", (1,)), ("output", (2,))]),
        ("skip bn { if no { relu } }", [("bn", (1,)), ("output", (2,))]),
        (
            "dense i in range(3) { if i == 1 { bn } }",
            [("bn", (1,)), ("concat", (1, 2)), ("output", (3,))],
        ),
        ("dense 2 { if no { bn } } -> relu", [("relu", (1,)), ("output", (2,))]),
        (
            "split 2 { if no { bn } } -> relu",
            [
                ("slice", (1,)),
                ("slice", (1,)),
                ("concat", (2, 3)),
                ("relu", (4,)),
                ("output", (5,)),
            ],
        ),
        ("repeat 2 { if no { bn } } -> relu", [("relu", (1,)), ("output", (2,))]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_false_branch_is_gone(item: str, expected: list[tuple[str, tuple[int, ...]]]) -> None:
    assert ops(item) == expected


@pytest.mark.parametrize("label", ["", "a: "])
def test_a_false_auxiliary_output_is_gone(label: str) -> None:
    found = graph(f"{HEAD}{label}aux {{ if no {{ bn }} }}\n    relu\n}}\n")
    assert found.auxiliaries == []
    assert [node.op.word for node in found.nodes] == ["input", "conv", "relu"]


REPVGG = """
block repvgg(channels, stride = 1) {
    let same = in.channels == channels and stride == 1
    add {
        | conv(3x3, channels, /stride, bias=false) -> bn
        | conv(1x1, channels, /stride, bias=false) -> bn
        | if same { bn }
    }
    relu
}
network n {
    input 8x8x8
    a: repvgg(8)
    b: repvgg(16, stride=2)
    expect a.params == 8 * 8 * 9 + 16 + 8 * 8 + 16 + 16
    expect b.params == 8 * 16 * 9 + 32 + 8 * 16 + 32
}
"""


def test_the_block_of_repvgg_is_what_its_paper_draws() -> None:
    assert check(REPVGG) == []
    sums = [node for node in graph(REPVGG).nodes if node.op.word == "add"]
    assert [len(node.inputs) for node in sums] == [3, 2]
