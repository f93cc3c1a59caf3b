"""`verify` finds each broken invariant in a graph that was sound before."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from archdsl.diagnostics import Source, Span
from archdsl.ir import Graph, InvalidGraph, Scope, verify
from archdsl.ops.conv import Conv
from archdsl.ops.merge import Add
from archdsl.ops.shape import Identity, Input

SPAN = Span(Source("hand.arch", "network hand { }"), 0, 7)


def small() -> Graph:
    """input -> conv -> [block: identity] -> add with the convolution."""
    root = Scope("network", "hand", SPAN, name="hand")
    block = Scope("block", "unit", SPAN, parent=root, name="unit1")
    graph = Graph("hand", root)
    image = graph.add(Input((3, 8, 8)), (), (3, 8, 8), root, SPAN)
    conv = graph.add(Conv((3, 3), 4), (image.id,), (4, 8, 8), root, SPAN)
    root.items.append(block)
    inner = graph.add(Identity(), (conv.id,), (4, 8, 8), block, SPAN)
    merged = graph.add(Add(), (conv.id, inner.id), (4, 8, 8), root, SPAN)
    for node, name in zip(graph.nodes, ("input", "conv1", "0", "add1"), strict=True):
        node.name = name
    graph.inputs.append(image.id)
    graph.add_output(merged)
    assert len(graph.dag) == 4  # made now: damage to the nodes does not reach it
    return graph


def cycle(graph: Graph) -> None:
    graph.dag.add_edge(3, 1, key=9)


def forgotten_by_networkx(graph: Graph) -> None:
    graph.dag.remove_node(3)


def another_number(graph: Graph) -> None:
    graph.nodes[2].id = 7


def another_object(graph: Graph) -> None:
    graph.dag.nodes[2]["node"] = graph.nodes[1]


def later_operand(graph: Graph) -> None:
    graph.nodes[1].inputs = (3,)


def edges_in_another_order(graph: Graph) -> None:
    graph.nodes[3].inputs = (2, 1)


def missing_edge(graph: Graph) -> None:
    graph.dag.remove_edge(2, 3)


def wrong_shape(graph: Graph) -> None:
    graph.nodes[1].shape = (4, 8, 9)


def empty_shape(graph: Graph) -> None:
    graph.nodes[0].shape = (0, 8, 8)


def unlisted_input(graph: Graph) -> None:
    graph.inputs.clear()


def no_name(graph: Graph) -> None:
    graph.nodes[1].name = ""


def name_twice(graph: Graph) -> None:
    graph.nodes[3].name = "conv1"


def no_output(graph: Graph) -> None:
    graph.outputs.clear()


def output_that_is_not_there(graph: Graph) -> None:
    graph.outputs[0] = 4


def negative_output(graph: Graph) -> None:
    graph.outputs[0] = -1


def names_for_other_outputs(graph: Graph) -> None:
    graph.output_names += ["a", "b"]


def node_lost_by_its_scope(graph: Graph) -> None:
    graph.root.items.pop()


def node_in_two_scopes(graph: Graph) -> None:
    graph.root.items.append(graph.nodes[2])


def scope_with_another_parent(graph: Graph) -> None:
    graph.nodes[2].scope.parent = None


def node_with_another_scope(graph: Graph) -> None:
    graph.nodes[1].scope = graph.nodes[2].scope


BREAKS: tuple[Callable[[Graph], None], ...] = (
    cycle,
    forgotten_by_networkx,
    another_number,
    another_object,
    later_operand,
    edges_in_another_order,
    missing_edge,
    wrong_shape,
    empty_shape,
    unlisted_input,
    no_name,
    name_twice,
    no_output,
    output_that_is_not_there,
    negative_output,
    names_for_other_outputs,
    node_lost_by_its_scope,
    node_in_two_scopes,
    scope_with_another_parent,
    node_with_another_scope,
)


def test_a_sound_graph_passes() -> None:
    verify(small())


@pytest.mark.parametrize("damage", BREAKS, ids=lambda damage: damage.__name__)
def test_a_broken_graph_is_found(damage: Callable[[Graph], None]) -> None:
    graph = small()
    damage(graph)
    with pytest.raises(InvalidGraph):
        verify(graph)


def test_a_graph_knows_who_reads_what() -> None:
    graph = small()
    assert [user.id for user in graph.users(graph.nodes[1])] == [2, 3]
    assert graph.operands(graph.nodes[3]) == ((4, 8, 8), (4, 8, 8))


def test_a_path_leads_to_a_node_or_a_scope() -> None:
    graph = small()
    assert graph.at("unit1.0") is graph.nodes[2]
    assert graph.at("unit1") is graph.nodes[2].scope
    assert graph.at("") is graph.root
    assert graph.at("unit1.1") is None
    assert graph.at("conv1.0") is None
    assert [node.path for node in graph.nodes] == ["input", "conv1", "unit1.0", "add1"]
