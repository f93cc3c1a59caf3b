"""Which ops run as one kernel: a network's text, and its kernels as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archdsl.analyses.fusion import Kernel, kernels
from archdsl.ir import Graph
from archdsl.ops.base import volume
from tests.architectures.shipped import graph_of
from tests.checking import graph


def network(lines: str) -> Graph:
    return graph(f"network net {{\n    input 4x8x8\n    {lines}\n}}\n")


def written(lines: str, fused: bool) -> list[str]:
    """`conv1+bn1 < input`: what each kernel does, and what it reads."""
    made = network(lines)
    return [_line(made, kernel) for kernel in kernels(made, fused)]


def _line(made: Graph, kernel: Kernel) -> str:
    names = [made.nodes[number].name for number in kernel.nodes]
    reads = [made.nodes[number].name for number in kernel.reads]
    return f"{'+'.join(names)} < {' '.join(sorted(reads))}"


RESIDUAL = "conv(1x1, 4)\n skip { conv(3x3, 4) -> bn -> relu -> conv(3x3, 4) -> bn }\n relu"


def test_a_residual_block_is_two_convolutions() -> None:
    assert written(RESIDUAL, fused=True) == [
        "conv1 < input",
        "conv2+bn1+relu1 < conv1",
        "conv3+bn2+add1+relu2 < conv1 relu1",
    ]


def test_unfused_each_has_a_pointwise_kernel_behind_it() -> None:
    assert written(RESIDUAL, fused=False) == [
        "conv1 < input",
        "conv2 < conv1",
        "bn1+relu1 < conv2",
        "conv3 < relu1",
        "bn2+add1+relu2 < conv1 conv3",
    ]


def test_of_two_convolutions_the_first_takes_the_sum() -> None:
    lines = "add { | conv(3x3, 4) | conv(1x1, 4) -> bn }"
    assert written(lines, fused=True) == ["conv1+add1 < bn1 input", "conv2+bn1 < input"]
    assert written(lines, fused=False) == [
        "conv1 < input",
        "conv2 < input",
        "bn1+add1 < conv1 conv2",
    ]


def test_what_stands_before_convolutions_is_done_by_each_that_reads() -> None:
    lines = "maxpool(2x2) -> bn -> relu\n add { | conv(1x1, 4) | conv(3x3, 4) }"
    assert written(lines, fused=True) == [
        "maxpool1 < input",
        "bn1+relu1+conv1+add1 < conv2 maxpool1",
        "bn1+relu1+conv2 < maxpool1",
    ]


def test_long_work_is_not_repeated_by_several_readers() -> None:
    two = "add { | conv(1x1, 4) | conv(3x3, 4) }"
    assert len(written(f"maxpool(2x2)\n repeat 8 {{ relu }}\n {two}", fused=True)) == 3
    assert len(written(f"maxpool(2x2)\n repeat 9 {{ relu }}\n {two}", fused=True)) == 4
    assert len(written("maxpool(2x2)\n repeat 9 { relu }\n conv(1x1, 4)", fused=True)) == 2


def test_it_stays_where_one_reader_cannot() -> None:
    lines = "maxpool(2x2) -> x: relu\n concat { | conv(1x1, 4) | @x }"
    assert "x < maxpool1" in written(lines, fused=True)


def test_an_output_is_written_whoever_else_reads_it() -> None:
    lines = "maxpool(2x2) -> x: relu -> y: conv(1x1, 4)\n output @x, @y"
    assert "x < maxpool1" in written(lines, fused=True)


def test_a_concat_is_no_kernel_fused_and_a_copy_unfused() -> None:
    lines = "concat { | conv(1x1, 2) -> relu | conv(3x3, 2) -> relu | identity }\n conv(1x1, 2)"
    assert written(lines, fused=True) == [
        "conv1+relu1 < input",
        "conv2+relu2 < input",
        "conv3 < concat1",
    ]
    assert written(lines, fused=False) == [
        "conv1 < input",
        "relu1+relu2+concat1 < conv1 conv2 input",
        "conv2 < input",
        "conv3 < concat1",
    ]


def test_a_value_with_other_readers_is_not_taken_along() -> None:
    assert written("x: conv(1x1, 4)\n add { | relu | @x }", fused=True) == [
        "x < input",
        "relu1+add1 < x",
    ]


def test_what_moves_nothing_is_looked_through() -> None:
    lines = "conv(1x1, 4) -> dropout -> relu -> flatten -> linear(2)"
    assert written(lines, fused=True) == ["conv1+relu1 < input", "linear1 < relu1"]


def test_another_shape_of_the_same_numbers_is_no_obstacle_but_to_folding() -> None:
    made = network("conv(1x1, 4) -> flatten -> bn -> relu")
    (kernel,) = kernels(made)
    assert [made.nodes[number].name for number in kernel.nodes] == ["conv1", "bn1", "relu1"]
    assert not kernel.folded


def test_a_slice_is_read_as_itself() -> None:
    assert written("conv(1x1, 4) -> slice(0, 2) -> relu -> maxpool(2x2)", fused=True) == [
        "conv1 < input",
        "relu1+maxpool1 < slice1",
    ]


def test_a_gate_is_not_multiplied_where_it_is_made() -> None:
    lines = "mul { | identity | avgpool(global) -> conv(1x1, 4) -> sigmoid }"
    assert written(lines, fused=True) == [
        "avgpool1 < input",
        "conv1+sigmoid1 < avgpool1",
        "mul1 < input sigmoid1",
    ]


def test_a_norm_folds_into_the_weights_right_before_it_only() -> None:
    made = network("conv(1x1, 4) -> bn -> relu -> bn")
    (kernel,) = kernels(made)
    assert [made.nodes[number].name for number in kernel.folded] == ["bn1"]


def test_what_only_training_runs_is_no_kernel() -> None:
    lines = "a: aux(weight=0.3) { flatten -> linear(9) }\n relu"
    assert written(lines, fused=True) == ["relu1 < input"]


# ------------------------------------------------------------------ of every network


def check(made: Graph, fused: bool) -> int:
    """Every op runs, after what it reads; returns the numbers that are moved."""
    found = kernels(made, fused)
    idle = {"free", "gather"} if fused else {"free"}
    evaluated = made.evaluated()
    working = {
        node.id
        for node in made.nodes
        if node.id in evaluated and node.inputs and node.op.runs not in idle
    }
    assert {number for kernel in found for number in kernel.nodes} == working
    written_by = {kernel.writes: kernel for kernel in found}
    assert len(written_by) == len(found)
    for kernel in found:
        assert kernel.main in kernel.nodes
        assert not set(kernel.reads) & set(kernel.nodes)
    order: dict[int, int] = {}  # kernels can run one after another
    waiting = list(found)
    while waiting:
        ready = [k for k in waiting if all(_ready(made, n, written_by, order) for n in k.reads)]
        assert ready
        order.update({kernel.writes: len(order) for kernel in ready})
        waiting = [kernel for kernel in waiting if kernel.writes not in order]
    moved = [number for kernel in found for number in (*kernel.reads, kernel.writes)]
    return sum(volume(made.nodes[number].shape) for number in moved)


def _ready(made: Graph, number: int, written: dict[int, Kernel], order: dict[int, int]) -> bool:
    """Whether a value is in memory: an input, written, or made of such."""
    node = made.nodes[number]
    if number in written:
        return number in order
    return all(_ready(made, source, written, order) for source in node.inputs)


@pytest.mark.parametrize("name", ["resnet18", "densenet121", "googlenet", "squeezenet1_0"])
def test_kernels_of_a_network_are_whole_and_can_run(name: str) -> None:
    assert check(graph_of(name), fused=True) < check(graph_of(name), fused=False)


LINES = [
    "relu",
    "bn",
    "conv(3x3, 4)",
    "maxpool(3x3, /1, pad=1)",
    "dropout",
    "skip { conv(1x1, 4) }",
    "skip { relu }",
    "add { | bn -> relu | conv(1x1, 4) | identity }",
    "mul { | identity | avgpool(global) -> conv(1x1, 4) -> sigmoid }",
    "concat { | relu | conv(1x1, 2) } -> slice(1, 5)",
    "concat { | conv(1x1, 2) -> bn | slice(0, 2) }",
    "dense 2 { bn -> relu -> conv(3x3, 2) } -> conv(1x1, 4)",
]


@given(st.lists(st.sampled_from(LINES), min_size=1, max_size=8))
def test_kernels_of_any_network_are_whole_and_can_run(lines: list[str]) -> None:
    made = network("\n    ".join(lines))
    assert check(made, fused=True) <= check(made, fused=False)


def test_grouping_grows_with_the_network_and_no_faster() -> None:
    made = network("repeat 5000 { conv(1x1, 4) -> bn -> relu }")
    assert len(kernels(made, fused=True)) == 5_000
    assert len(kernels(made, fused=False)) == 10_000
