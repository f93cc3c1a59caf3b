"""FractalNet's joins: a plain mean in evaluation, the paper's drop-path in training."""

from __future__ import annotations

import sys
from collections import Counter

import pytest
import torch
from torch import Tensor, nn

from archdsl.backends.torch import emit
from archdsl.ir import Graph
from archdsl.ops.join import Join
from tests.backends.torch.interpreter import compiled, graph_of, load
from tests.backends.torch.test_live_branches import agree, recorded, runs_of

Coins = dict[str, list[bool]]

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
    drawn = Counter(tuple(join.draw(None)) for _ in range(20_000))
    # both stay 0.36, one alone 0.24 and half of the 0.16 in which both would have gone
    assert abs(drawn[True, True] / 20_000 - 0.36) < 0.015
    assert abs(drawn[True, False] / 20_000 - 0.32) < 0.015
    assert abs(drawn[False, True] / 20_000 - 0.32) < 0.015


def test_coins_are_thrown_on_the_processor_whatever_the_default_device() -> None:
    join = load(emit(fractal())).Join(3, 0.9)
    with torch.device("meta"):
        assert all(any(join.draw(None)) for _ in range(20))


def test_half_of_the_mini_batches_keep_one_column_in_the_whole_network() -> None:
    torch.manual_seed(0)
    module = load(emit(fractal()))
    model = module.net()
    columns = Counter()
    for _ in range(6_000):
        module.draw_paths(model, torch.ones(1))
        found = {m.column for m in model.modules() if isinstance(m, module.Join)}
        assert len(found) == 1
        columns.update(found)
    assert abs(columns[None] / 6_000 - 1 / 2) < 0.03
    assert all(abs(columns[column] / 6_000 - 1 / 6) < 0.03 for column in range(3))


UNIT = """
inline block unit(c) { conv(3x3, c, bias=false) -> bn -> relu }
block fractal(c, columns) {
  if columns == 1 { unit(c) } else {
    join(drop=0.4) { | unit(c) | fractal(c, columns - 1) -> fractal(c, columns - 1) }
  }
}
network net { input 2x4x4
  fractal(3, 4) }"""


class Reference(nn.Module):
    """Larsson et al. 2016, equation 1, which computes all columns; joins take in those kept."""

    def __init__(self, inputs: int, width: int, columns: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, width, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(width)
        starts = (inputs, width) if columns > 1 else ()
        self.halves = nn.ModuleList(Reference(start, width, columns - 1) for start in starts)

    def columns(self, x: Tensor, coins: Coins, path: str) -> list[Tensor]:
        ends = [torch.relu(self.bn(self.conv(x)))]
        if self.halves:
            first, second = self.halves
            middle = first(x, coins, f"{path}.fractal1")
            ends += second.columns(middle, coins, f"{path}.fractal2")
        return ends

    def forward(self, x: Tensor, coins: Coins, path: str = "fractal1") -> Tensor:
        ends = self.columns(x, coins, path)
        kept = coins.get(f"{path}.join1", [True] * len(ends))
        return torch.stack([end for end, keep in zip(ends, kept, strict=True) if keep]).mean(0)


def with_column(model: nn.Module, column: int | None) -> nn.Module:
    """A network that keeps one column, or throws a coin for each branch."""
    sys.modules[type(model).__module__].draw_paths = lambda *_: None  # type: ignore[attr-defined]
    for module in model.modules():
        if type(module).__name__ == "Join":
            module.column = column
    return model


@pytest.mark.parametrize(
    ("seed", "column"), [(seed, None) for seed in range(8)] + [(0, column) for column in range(4)]
)
def test_training_is_that_of_all_columns_of_which_joins_take_in_some(
    seed: int, column: int | None
) -> None:
    torch.manual_seed(seed)
    ours = with_column(compiled(graph_of(UNIT)).double(), column)
    theirs = Reference(2, 3, 4).double()
    names, values = zip(*ours.state_dict().items(), strict=True)
    theirs.load_state_dict(dict(zip(theirs.state_dict(), values, strict=True)))
    coins, called = recorded(ours), runs_of(ours, (nn.Conv2d,))
    x = torch.randn(2, 2, 4, 4).double()
    found, expected = ours(x), theirs(x, coins)
    torch.testing.assert_close(found, expected)
    found.square().sum().backward()
    expected.square().sum().backward()
    for (name, a), b in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        assert (a.grad is None) == (b.grad is None), name
        torch.testing.assert_close(a.grad, b.grad) if a.grad is not None else None
    kept = theirs.state_dict().values()
    counted = 0
    for name, a, b in zip(names, ours.state_dict().values(), kept, strict=True):
        unit = name.rpartition(".")[0]
        untouched = {"running_mean": 0.0, "running_var": 1.0, "num_batches_tracked": 0}
        layer = unit.removesuffix("bn1") + "conv1" if unit.endswith("bn1") else unit[:-1] + "0"
        if layer in called:
            torch.testing.assert_close(a, b)
            counted += name.endswith("tracked")
        elif (kind := name.rpartition(".")[2]) in untouched:
            assert (a == untouched[kind]).all(), name
    assert counted == len(called) == len(set(called))


@pytest.mark.parametrize(("column", "length"), [(0, 8), (1, 4), (2, 2), (3, 1)])
def test_of_one_column_only_its_convolutions_are_computed(column: int, length: int) -> None:
    model = with_column(compiled(graph_of(UNIT)), column)
    called = runs_of(model, (nn.Conv2d,))
    model(torch.randn(2, 2, 4, 4)).sum().backward()
    assert len(called) == length
    learned = {
        name.rpartition(".")[0] for name, p in model.named_parameters() if p.grad is not None
    }
    assert {name for name in learned if name in called} == set(called)
    assert len(learned) == 2 * length  # each with its norm


def test_evaluation_computes_every_branch_and_throws_no_coin() -> None:
    model = compiled(graph_of(UNIT)).eval()
    called, state = runs_of(model, (nn.Conv2d,)), torch.get_rng_state()
    model(torch.randn(2, 2, 4, 4, generator=torch.Generator()))
    assert len(called) == 15
    assert torch.equal(state, torch.get_rng_state())


def test_a_join_that_never_drops_is_written_without_conditions() -> None:
    text = emit(graph_of(UNIT.replace("drop=0.4", "drop=0")))
    network = text[text.index("class Fractal(") :]
    assert "kept" not in network
    assert "live" not in network
    assert " if " not in network.replace("if self.training:", "")
    assert "kept = self.join1.draw(x)" in emit(graph_of(UNIT))


def test_authors_may_use_the_names_of_the_conditions() -> None:
    body = """
  kept: conv(3x3, 4) -> live: conv(3x3, 4) -> any: relu
  join(drop=0.5) {
    | add { | @kept | @live | @any }
    | t: twin -> add { | identity | @t.y0 | @t.y1 | @any | @live | @kept }
    | @t.y1 -> conv(1x1, 4)
  }"""
    for seed in range(8):
        agree(body, seed)


def test_a_value_for_very_many_branches_is_computed_once_for_all() -> None:
    joins = [f"j{i}: join(drop=0.5) {{ | relu | @shared -> conv(1x1, 4) }}" for i in range(70)]
    agree("\n  ".join(["shared: conv(3x3, 4)", *joins]), 0)
