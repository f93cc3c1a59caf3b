"""How text becomes a syntax tree: line ends, precedence, spans, recovery from mistakes."""

from __future__ import annotations

import pytest
from checking import check, graph

from archdsl.diagnostics import Rejected, Sink, Source
from archdsl.ir import dump
from archdsl.syntax import ast
from archdsl.syntax.parse import decode, parse, parse_expression

PLAIN = "network n {\n    input 3x8x8\n    conv(3x3, 8)\n    bn\n    relu\n}\n"


def tree(text: str) -> ast.File:
    sink = Sink()
    found = parse(Source("case.arch", text), sink)
    assert [finding.message for finding in sink.found] == []
    return found


def shown(text: str) -> list[str]:
    """The nodes of a network, without their places."""
    return [line.split("  #")[0] for line in dump(graph(text)).splitlines()]


@pytest.mark.parametrize(
    "text",
    [
        "network n { input 3x8x8 -> conv(3x3, 8) -> bn -> relu }",
        "network n {\n  input 3x8x8 ->\n  conv(3x3, 8)\n  -> bn\n\n\n  -> relu\n}",
        "network n {\n\n  input 3x8x8 # size\n  # first\n  conv(\n 3x3,\n 8,\n )\n  bn\n  relu\n}",
        "\r\nnetwork n {\r\n\tinput 3x8x8\r\n\tconv(3x3, 8)\r\n\tbn -> relu\r\n}\r\n",
        "network n { input 3x8x8 -> conv(kernel=3, channels=8) -> bn() -> relu }",
    ],
)
def test_a_line_end_and_an_arrow_both_mean_then(text: str) -> None:
    assert shown(text) == shown(PLAIN)


def test_branches_stand_in_lines_or_in_one() -> None:
    head = "network n { input 3x8x8 -> "
    one = head + "add { | relu -> bn | identity } }"
    lines = head + "add {\n    | relu\n      -> bn\n    | identity\n} }"
    blocks = head + "add {\n    | relu\n      bn\n    | identity\n} }"
    assert shown(one) == shown(lines) == shown(blocks)


def test_else_stands_behind_a_brace_or_below_it() -> None:
    head = "network n { input 3x8x8 -> "
    one = head + "if in.channels == 1 { relu } else if in.channels == 3 { bn } else { tanh } }"
    below = one.replace("else", "\n\nelse")
    assert shown(one) == shown(below)
    assert "bn(%0)" in shown(one)[2]


def test_a_slash_argument_is_the_stride() -> None:
    head = "network n { input 3x8x8 -> "
    assert shown(head + "conv(3x3, 8, /2) }") == shown(head + "conv(3x3, 8, stride=2) }")
    assert shown(head + "conv(3x3, 8, /2x1) }") == shown(head + "conv(3x3, 8, stride=2x1) }")


def test_spans_cover_what_was_written() -> None:
    text = "let a = 1\nnetwork n {\n    input 3x8x8\n    stem: conv(3x3, a + 7) -> bn\n}\n"
    network = tree(text).definitions[1]
    assert isinstance(network, ast.Network)
    assert [item.span.text for item in network.body.items] == [
        "input 3x8x8",
        "stem: conv(3x3, a + 7)",
        "bn",
    ]
    assert network.name.span.begins == (2, 9)


def test_spans_inside_labels_point_into_the_label() -> None:
    text = "network n {\n    input 3x8x8\n    repeat i in range(2) { a{i + nine}: relu }\n}\n"
    (finding,) = check(text)
    assert finding.span is not None
    assert finding.span.text == "nine"
    assert finding.span.begins == (3, 34)


def test_spans_inside_references_point_into_the_reference() -> None:
    text = "network n {\n    input 3x8x8\n    a1: relu\n    add { | relu | @a{nine}.b }\n}\n"
    (finding,) = check(text)
    assert finding.span is not None
    assert finding.span.begins == (4, 23)


def test_a_mistake_in_one_definition_leaves_the_others() -> None:
    sink = Sink()
    text = "let a = )\nblock b { relu\nnetwork c { input 3x8x8 -> relu }\nlet d = 1 1\nlet e = 2\n"
    found = parse(Source("case.arch", text), sink)
    names = [definition.name.id for definition in found.definitions]  # type: ignore[union-attr]
    assert names == ["c", "e"]
    assert set(found.broken) == {"a", "b", "d"}
    assert [finding.code for finding in sink.found] == ["A104", "A104", "A101"]


def test_the_comment_above_a_definition_is_its_documentation() -> None:
    text = "# The file.\n\n# Two\n#   lines.\nblock b { relu }\n\n# Apart.\n\nlet x = 1\n"
    block = tree(text).definitions[0]
    assert isinstance(block, ast.Block)
    assert block.doc == "Two\nlines."
    assert tree(text).doc == "The file."


def test_expressions_bind_as_in_python() -> None:
    found = parse_expression("-a ** 2 + b * c if not d and e else f", "--set")
    assert isinstance(found, ast.Conditional)
    assert isinstance(found.then, ast.Binary)
    assert found.then.operator == "+"
    assert isinstance(found.then.left, ast.Unary)
    assert isinstance(found.condition, ast.Binary)
    assert found.condition.operator == "and"


@pytest.mark.parametrize("text", ["", "1 +", "(", "a b", "let a = 1", "1\n2"])
def test_what_is_no_expression_is_rejected(text: str) -> None:
    with pytest.raises(Rejected) as caught:
        parse_expression(text, "--set")
    assert caught.value.diagnostic.span is not None


def test_a_byte_order_mark_is_not_part_of_the_text() -> None:
    assert decode("case.arch", b"\xef\xbb\xbflet a = 1").text == "let a = 1"
