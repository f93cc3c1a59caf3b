"""Where values lie: by hand, and held to what overwriting would destroy in random networks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from hypothesis import given, settings
from hypothesis import strategies as st

from archdsl.analyses.live_memory import live_memory
from archdsl.analyses.sharing import concatenated_in_place, overwritable, storages
from archdsl.ir import Graph, Node
from tests.backends.torch.interpreter import graph_of

MOST_ORDERS = 40


def shared(text: str, training: bool = False) -> dict[str, str]:
    """For each op that lies in another's memory, that other's path."""
    graph = graph_of(f"network net {{ input 4x8x8 -> {text} }}")
    place = storages(graph, overwritable(graph), training)
    return {
        node.path: graph.nodes[place[node.id]].path
        for node in graph.nodes
        if place[node.id] != node.id
    }


def test_an_activation_overwrites_what_backward_does_not_need() -> None:
    assert shared("conv(3x3, 4) -> relu") == {"relu1": "conv1"}
    assert shared("sigmoid -> relu") == {}


def test_what_is_read_twice_is_not_overwritten() -> None:
    assert shared("conv(3x3, 4) -> skip { relu -> conv(3x3, 4) }") == {"add1": "conv2"}


def test_the_input_is_not_overwritten() -> None:
    assert shared("relu") == {}


def test_dropout_is_a_value_of_its_own_in_training_only() -> None:
    text = "conv(3x3, 4) -> dropout -> relu"
    assert shared(text) == {"dropout1": "conv1", "relu1": "conv1"}
    assert shared(text, training=True) == {"relu1": "dropout1"}


def test_views_lie_where_their_source_does() -> None:
    text = "conv(3x3, 4) -> slice(0, 2) -> flatten -> linear(3)"
    assert shared(text) == {"slice1": "conv1", "flatten1": "conv1"}


# ------------------------------------------------------------------ concatenation in place


def peaks(text: str) -> tuple[int, int]:
    """The best order's peak, in values, with and without concatenation in place."""
    found = live_memory(graph_of(f"network net {{ input 1x8x8 -> {text} }}"), 4)
    return found.best.peak // (4 * 64), found.joined.peak // (4 * 64)


def test_branches_written_into_their_concatenation_need_no_second_place() -> None:
    assert peaks("concat { | conv(3x3, 8) | conv(3x3, 8) } -> conv(3x3, 1)") == (32, 17)


def test_a_concatenation_in_another_lies_in_it_too() -> None:
    text = "concat { | conv(3x3, 8) | concat { | conv(3x3, 8) | conv(3x3, 8) } } -> conv(3x3, 1)"
    assert peaks(text) == (48, 25)


def test_what_others_read_stays_out_of_a_result_that_is_overwritten() -> None:
    graph = graph_of(
        "network net { input 1x8x8 -> a: conv(3x3, 2)\n"
        " concat { | identity | conv(3x3, 2) } -> relu -> conv(3x3, 2)\n add { | @a | identity } }"
    )
    place = concatenated_in_place(graph, storages(graph, overwritable(graph), training=False))
    a, other, joined = (graph.at(path) for path in ("a", "conv1", "concat1"))
    assert place[a.id] == a.id
    assert place[other.id] == place[joined.id] == joined.id


def test_an_output_stays_out_of_a_result_that_is_overwritten() -> None:
    graph = graph_of(
        "network net { input 1x8x8 -> a: conv(3x3, 2)\n"
        " b: { concat { | identity | conv(3x3, 2) } -> relu }\n output @a, @b }"
    )
    place = concatenated_in_place(graph, storages(graph, overwritable(graph), training=False))
    assert place[graph.outputs[0]] == graph.outputs[0]


# ------------------------------------------------------------------ random networks


def layers() -> st.SearchStrategy[str]:
    """From four channels to four; inside, what is concatenated is also read by others."""
    one = st.sampled_from(["relu", "conv(1x1, in.channels)", "sigmoid", "dropout", "identity"])
    chain = st.lists(one, min_size=1, max_size=3).map(" -> ".join)
    joined = st.recursive(
        chain,
        lambda inner: st.lists(inner, min_size=1, max_size=2).map(
            lambda branches: f"concat {{ | identity {' '.join(f'| {b}' for b in branches)} }}"
        ),
        max_leaves=4,
    )
    whole = st.tuples(joined, st.sampled_from(["relu", "sigmoid", "identity"])).map(" -> ".join)
    same = st.lists(chain, min_size=2, max_size=3)
    return st.one_of(
        whole,
        whole.map(lambda text: f"skip {{ {text} -> conv(1x1, 4) }}"),
        same.map(lambda branches: f"add {{ {' '.join(f'| {b}' for b in branches)} }}"),
        chain.map(lambda text: f"dense 2 {{ {text} -> conv(1x1, 4) }}"),
    ).map(lambda text: f"conv(1x1, 4) -> {text} -> ")


NETWORKS = st.lists(layers(), min_size=1, max_size=3).map(
    lambda parts: f"network net {{ input 4x2x2 -> {''.join(parts)}conv(1x1, 4) }}"
)


def orders(
    graph: Graph, preferred: list[Node], done: tuple[int, ...] = ()
) -> Iterator[tuple[int, ...]]:
    """Topological orders, those first that take the preferred nodes first."""
    if len(done) == len(graph.nodes):
        yield done
    for node in preferred:
        if node.id not in done and set(node.inputs) <= set(done):
            yield from orders(graph, preferred, (*done, node.id))


def destroyed_before_read(graph: Graph, order: tuple[int, ...], place: list[int]) -> set[int]:
    """Values that an op reads after another has written over them.

    Writing over a value writes over all that lies in its memory, and over what was put in there.
    """
    own = storages(graph, overwritable(graph), training=False)
    inside: dict[int, int] = {}
    for node in reversed(graph.nodes):
        for source in node.inputs if node.op.runs == "gather" else ():
            if own[source] != place[own[source]] == place[node.id]:
                inside.setdefault(own[source], node.id)

    def lies_in(root: int, other: int) -> bool:
        while root != other and root in inside:
            root = inside[root]
        return root == other

    gone: set[int] = set()
    found = set()
    written: set[int] = set()
    for number in order:
        node = graph.nodes[number]
        found |= gone & set(node.inputs)
        if node.inputs and own[number] == own[node.inputs[0]] and not node.op.shares(False):
            gone |= {n for n in written if lies_in(own[n], own[number])}
        written.add(number)
    return found


@settings(max_examples=60)
@given(NETWORKS)
def test_no_order_reads_what_was_overwritten(text: str) -> None:
    graph = graph_of(text)
    plain = storages(graph, overwritable(graph), training=False)
    for preferred in (graph.nodes, graph.nodes[::-1]):
        for order in islice(orders(graph, preferred), MOST_ORDERS):
            for place in (plain, concatenated_in_place(graph, plain)):
                assert not destroyed_before_read(graph, order, place)


@settings(max_examples=50)
@given(NETWORKS)
def test_only_the_last_to_read_a_value_overwrites_it(text: str) -> None:
    graph = graph_of(text)
    for number in overwritable(graph):
        source = graph.nodes[number].inputs[0]
        assert [user.id for user in graph.users(graph.nodes[source])] == [number]
