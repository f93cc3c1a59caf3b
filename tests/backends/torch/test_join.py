"""FractalNet's joins: a plain mean in evaluation, the paper's drop-path in training."""

from __future__ import annotations

from collections import Counter

import torch

from archdsl.backends.torch import emit
from archdsl.ir import Graph
from archdsl.ops.join import Join
from tests.backends.torch.interpreter import graph_of, load

FRACTAL = """
block fractal(c, columns) {
  if columns == 1 { conv(3x3, c) } else {
    join(drop=0.15) { | conv(3x3, c) | fractal(c, columns - 1) -> fractal(c, columns - 1) }
  }
}
network net { input 2x4x4
  fractal(3, 3) }"""


def fractal() -> Graph:
    return graph_of(FRACTAL)


def test_a_join_that_feeds_only_a_join_dissolves_into_it() -> None:
    joins = [node for node in fractal().nodes if isinstance(node.op, Join)]
    assert [len(node.inputs) for node in joins] == [2, 3]


def test_a_labelled_join_stays() -> None:
    graph = graph_of("""network net { input 2x4x4
  join { | relu | inner: join { | tanh | sigmoid } } }""")
    assert sum(isinstance(node.op, Join) for node in graph.nodes) == 2


def test_evaluation_takes_the_mean_of_all_branches() -> None:
    model = load(emit(fractal())).net().double().eval()
    x = torch.randn(2, 2, 4, 4).double()
    top = model.fractal1

    def conv(module: torch.nn.Module, value: torch.Tensor) -> torch.Tensor:
        first = next(m for m in module.modules() if isinstance(m, torch.nn.Conv2d))
        return torch.nn.functional.conv2d(value, first.weight, first.bias, padding=1)

    def two(module: torch.nn.Module, value: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        deep = conv(module.fractal2, conv(module.fractal1, value))
        return conv(module, value), deep

    middle = sum(two(top.fractal1, x)) / 2
    expected = (conv(top, x) + sum(two(top.fractal2, middle))) / 3
    torch.testing.assert_close(model(x), expected)


def test_local_drop_path_drops_each_branch_with_its_probability_and_keeps_one() -> None:
    torch.manual_seed(0)
    join = load(emit(fractal())).Join(2, 0.4)
    drawn = Counter(tuple(join.draw()) for _ in range(20_000))
    # both stay 0.36, one alone 0.24 and half of the 0.16 in which both would have gone
    assert abs(drawn[0, 1] / 20_000 - 0.36) < 0.015
    assert abs(drawn[0,] / 20_000 - 0.32) < 0.015
    assert abs(drawn[1,] / 20_000 - 0.32) < 0.015


def test_half_of_the_mini_batches_keep_one_column_in_the_whole_network() -> None:
    torch.manual_seed(0)
    module = load(emit(fractal()))
    model = module.net()
    columns = Counter()
    for _ in range(6_000):
        module.draw_paths(model)
        found = {m.column for m in model.modules() if isinstance(m, module.Join)}
        assert len(found) == 1
        columns.update(found)
    assert abs(columns[None] / 6_000 - 1 / 2) < 0.03
    assert all(abs(columns[column] / 6_000 - 1 / 6) < 0.03 for column in range(3))


def test_one_column_is_a_chain_of_its_convolutions() -> None:
    module = load(emit(fractal()))
    for column, length in ((0, 4), (1, 2), (2, 1)):
        model = module.net().train()
        for join in model.modules():
            if isinstance(join, module.Join):
                join.column = column
        module.draw_paths = lambda network: None
        model(torch.randn(1, 2, 4, 4)).sum().backward()
        used = [p for name, p in model.named_parameters() if name.endswith("weight")]
        assert sum(p.grad is not None and bool(p.grad.any()) for p in used) == length
