"""Parameters, operations and numbers moved, worked out by hand."""

from __future__ import annotations

import pytest

from archdsl.analyses.cost import Cost, by_kind, costs, total
from archdsl.ir import Graph
from archdsl.ops import OPS
from tests.architectures.shipped import graph_of
from tests.checking import graph


def cost(text: str) -> Cost:
    """Of the last op, in a network of these lines on 3x8x8."""
    network = graph(f"network net {{\n    input 3x8x8\n    {text}\n}}\n")
    return costs(network)[network.nodes[-1].id]


def test_a_convolution_reads_its_input_weight_and_bias_and_writes_its_output() -> None:
    weight, bias = 4 * 3 * 3 * 3, 4
    macs = 4 * 8 * 8 * 3 * 3 * 3
    assert cost("conv(3x3, 4)") == Cost(
        params=weight + bias, macs=macs, read=3 * 64 + weight + bias, written=4 * 64
    )


def test_a_flop_is_half_a_multiply_add() -> None:
    assert Cost(macs=5).flops == 10


def test_a_norm_reads_its_statistics_too_but_not_its_count_of_batches() -> None:
    found = cost("bn")
    assert found == Cost(params=2 * 3, macs=0, read=3 * 64 + 4 * 3, written=3 * 64)


def test_a_value_that_is_read_twice_is_counted_once() -> None:
    assert cost("add { | relu | identity }").read == 2 * 3 * 64
    assert cost("x: relu\n    add { | @x | @x }").read == 3 * 64


@pytest.mark.parametrize("op", ["identity", "flatten", "dropout", "slice(0, 2)", "reshape(192)"])
def test_what_only_looks_at_memory_moves_nothing(op: str) -> None:
    assert cost(op) == Cost()


def test_ops_that_may_share_their_input_move_nothing_or_copy() -> None:
    free = {word for word, op in OPS.items() if op.runs == "free"}
    views = {word for word, op in OPS.items() if op.views}
    assert views - free == {"channel_shuffle", "drop_path"}  # as their arguments say
    assert free <= views


def test_a_gate_is_spread_over_what_it_multiplies() -> None:
    found = cost("mul { | identity | avgpool(global) }")
    assert (found.read, found.written) == (3 * 64 + 3, 3 * 64)


def test_intensity_is_flops_for_each_byte() -> None:
    assert Cost(macs=12, read=4, written=2).intensity(2) == 24 / 12
    assert Cost(macs=12).intensity(4) == 0


def test_what_only_training_runs_has_parameters_alone() -> None:
    network = graph(
        "network net {\n    input 3x8x8\n"
        "    a: aux(weight=0.3) { flatten -> linear(9) }\n    relu\n}\n"
    )
    found = total(network, costs(network), network.at("a"))  # type: ignore[arg-type]
    assert found == Cost(params=192 * 9 + 9)


@pytest.mark.parametrize("name", ["resnet50", "densenet121", "googlenet"])
def test_kinds_and_ops_and_parts_add_up(name: str) -> None:
    network = graph_of(name)
    by_node = costs(network)
    kinds = by_kind(network, by_node)
    assert sum((cost for _, cost in kinds.values()), Cost()) == total(network, by_node)
    assert sum(count for count, _ in kinds.values()) == len(network.nodes) - 1
    assert {kind for kind, (_, cost) in kinds.items() if cost.macs} == {"conv", "linear"}


def published(network: Graph) -> tuple[int, int]:
    found = total(network, costs(network))
    return found.macs, found.flops


def test_resnet50_is_three_figures() -> None:
    """The paper's stride, torchvision's, and FLOPs of the latter (He et al. 2015, table 1)."""
    assert published(graph_of("resnet50_v1"))[0] == 3_857_973_248
    assert published(graph_of("resnet50")) == (4_089_184_256, 8_178_368_512)
