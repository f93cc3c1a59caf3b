"""Parameters set from outside: of the network, and of the blocks among its arguments."""

from __future__ import annotations

import pytest
from checking import library

from archdsl import driver
from archdsl.analyses.measures import measures
from archdsl.diagnostics import Sink, Source
from archdsl.syntax.parse import parse_expression

TEXT = """
block narrow(width, groups = 1) { c: conv(3x3, width, groups=groups) }
block wide(width, factor = 2, inner = narrow) { d: conv(1x1, factor * width) -> e: inner(width) }

network net(unit, head = narrow(8), classes = 2, size = 4 * classes) {
    input 4x8x8
    unit(4) -> head -> flatten -> linear(size)
}
network plain = net(narrow)
network nested = net(wide)
"""


def built(name: str, **settings: str) -> dict[str, str]:
    """The ops of a network by path, or its first message."""
    sink = Sink()
    values = {
        key.replace("__", "."): parse_expression(text, "--set") for key, text in settings.items()
    }
    request = driver.Request(name, values)
    graphs = driver.graphs(Source("case.arch", TEXT), library({}), sink, request)
    if sink:
        [found] = sink.found
        return {found.code: f"{found.message}; {found.help}"}
    return {node.path: node.op.title for node in graphs[0].nodes}


def test_a_parameter_of_the_network_is_set() -> None:
    assert built("plain", classes="3")["linear1"] == "linear(12)"


def test_a_parameter_of_the_only_block_that_has_it_is_set() -> None:
    found = built("nested", factor="3")
    assert found["wide1.d"] == "conv(1x1, 12)"
    assert found == built("nested", unit="wide(factor=3)")


def test_what_a_block_has_bound_already_stays() -> None:
    found = built("plain", unit="narrow(groups=4)", head__groups="2")
    assert found["narrow1.c"] == "conv(3x3, 4, groups=4)"
    assert found["narrow2.c"] == "conv(3x3, 8, groups=2)"


def test_a_path_reaches_a_block_in_a_block() -> None:
    found = built("nested", unit__inner__groups="4")
    assert found["wide1.e.c"] == "conv(3x3, 4, groups=4)"


def test_a_block_that_is_set_too_comes_first() -> None:
    assert built("plain", factor="3", unit="wide") == built("nested", factor="3")


def test_a_parameter_of_two_blocks_asks_which() -> None:
    assert built("plain", groups="2") == {
        "A202": "`plain` has no argument `groups`; "
        "several of its blocks have one: write `unit.groups` or `head.groups`"
    }


def test_a_parameter_that_nothing_has_says_what_there_is() -> None:
    assert built("nested", quux="1") == {
        "A202": "`nested` has no argument `quux`; `nested` takes `unit`, `head`, `classes` and"
        " `size`; the block in `unit` takes `width`, `factor` and `inner`; the block in `head`"
        " takes `width` and `groups`"
    }


def test_a_parameter_that_is_nearly_right_is_offered() -> None:
    assert built("nested", facto="1") == {
        "A202": "`nested` has no argument `facto`; did you mean `factor`?"
    }


def test_a_network_without_its_blocks_says_so() -> None:
    [message] = built("net", factor="1").values()
    assert message.endswith("set `unit` first: a block in them may have it")


def test_a_path_through_what_is_no_block_is_refused() -> None:
    assert list(built("plain", classes__groups="1")) == ["A202"]


def test_names_in_values_are_those_of_the_users_file_and_of_the_networks() -> None:
    sink = Sink()
    files = {"family": TEXT}
    text = "from family import plain\nblock mine(width) { conv(5x5, width) }\nnetwork own = plain()"
    for value, op in (("mine", "conv(5x5, 4)"), ("wide", "conv(1x1, 8)")):
        request = driver.Request("own", {"unit": parse_expression(value, "--set")})
        [graph] = driver.graphs(Source("own.arch", text), library(files), sink, request)
        assert graph.nodes[1].op.title == op
    assert not sink


@pytest.mark.parametrize("name", ["plain", "nested"])
def test_arguments_are_bound_as_in_a_call(name: str) -> None:
    call = parse_expression("f(narrow(8, groups=2))", "a call")
    request = driver.Request(name, arguments=call.arguments)  # type: ignore[attr-defined]
    [graph] = driver.graphs(Source("case.arch", TEXT), library({}), Sink(), request)
    kinds = [node.op.title for node in graph.nodes]
    assert "conv(3x3, 8, groups=2)" in kinds


def test_the_size_of_an_input_from_an_argument_is_plain_numbers() -> None:
    """Shapes and costs are data: they can be copied and sent to other processes."""
    text = "network n(image = 3x8x8) { input image -> conv(3x3, 4, /2) -> relu }"
    [graph] = driver.graphs(Source("case.arch", text), library({}), Sink(), driver.Request())
    assert {type(dim) for node in graph.nodes for dim in node.shape} == {int}
    assert {type(value) for value in measures(graph).values()} <= {int, float}
