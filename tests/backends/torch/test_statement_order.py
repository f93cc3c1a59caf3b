"""Statements of `forward` overwrite no variable and no memory that is still read."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from torch import Tensor, nn

from archdsl.backends.torch import emit
from archdsl.ir import Graph
from tests.backends.torch.interpreter import graph_of, interpret, load
from tests.programs import programs

LABELLED = "i in range(3) {{ if i == {} {{ first: {} }} else {{ conv(3x3, 5) }} }}"
BODIES = {
    "a shortcut is read in the branch and later": """
      skip v1: conv(1x1, 3) { conv(3x3, 3) -> drop_path(0.4) }
      silu
      concat { | identity | @v1 }""",
    "a shortcut is read twice in the branch": """
      skip v1: conv(1x1, 3) { add { | conv(3x3, 3) | sigmoid } -> drop_path(0.4) }
      concat { | identity | @v1 }""",
    "one path lies in another": """
      skip v1: conv(1x1, 3) { conv(3x3, 3) -> skip v2: conv(1x1, 3) { conv(3x3, 3) ->
        drop_path(0.2) } -> concat { | identity | @v2 } -> conv(1x1, 3) -> drop_path(0.4) }
      concat { | identity | @v1 }""",
    "a path is one operand of a join": """
      s: conv(1x1, 3)
      join(drop=0.4) { | skip v1: conv(1x1, 3) { conv(3x3, 3) -> drop_path(0.4) } -> silu ->
        concat { | identity | @v1 } -> conv(1x1, 3) | conv(3x3, 3) | relu -> conv(3x3, 3) }
      concat { | identity | @s }""",
    "a sum of one is overwritten": """
      a: conv(1x1, 3)
      add { | identity }
      relu
      concat { | identity | @a }""",
    "a product of one is overwritten": """
      a: conv(1x1, 3)
      mul { | identity }
      relu
      concat { | identity | @a }""",
    "a sum of one of the input is overwritten": "add { | identity } -> relu",
    "a sum of one hides what backward keeps": """
      conv(3x3, 3) -> relu -> add { | identity } -> leaky_relu -> sigmoid -> mul { | identity }
      elu -> conv(1x1, 2)""",
    "the first iteration has a label": f"a: repeat {LABELLED.format(0, 'conv(3x3, 5)')}",
    "another iteration has one": f"a: repeat {LABELLED.format(1, 'conv(3x3, 5)')}",
    "the labelled iteration has no module": (
        f"a: repeat {LABELLED.format(0, 'mul { | identity | sigmoid }')}"
    ),
    "a dense layer has a label": f"a: dense {LABELLED.format(1, 'conv(3x3, 5)')}",
    "a label is also a variable": "x: conv(3x3, 4) -> x_: aux { conv(1x1, 2) } -> conv(1x1, 3)",
    "an auxiliary output is a reference": "a: conv(3x3, 4) -> aux { @a } -> relu -> bn",
    "an auxiliary output is a labelled reference": "x: conv(3x3, 4) -> a: aux { @x } -> bn",
    "an auxiliary output is called as the main one": "output: aux { conv(1x1, 2) } -> bn",
    "levels add nothing": "x: conv(3x3, 4) -> a: repeat 2 { } -> b: split 2 { @x }",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_outputs_and_gradients_are_those_of_the_graph(body: str) -> None:
    agree(graph_of(f"network net {{\n  input 3x8x8\n  {body}\n}}"))


@settings(max_examples=20, suppress_health_check=list(HealthCheck))
@given(programs(certain=True, conditioned=True, variants=False))
def test_random_programs(text: str) -> None:
    agree(graph_of(text))


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(programs(certain=True, conditioned=True, variants=False))
def test_random_programs_that_recompute(text: str) -> None:
    agree(graph_of(text), recompute=True)


def agree(graph: Graph, recompute: bool = False) -> None:
    """Compare evaluation, and training with every path run, every other run, and none."""
    torch.manual_seed(0)
    model: nn.Module = getattr(load(emit(graph, recompute=recompute)), graph.name)().double()
    assert set(_learned(graph)) == {name for name, _ in model.named_parameters()}
    compare(graph, model.eval(), {}, {})
    model.train()
    paths = [name for name, module in model.named_modules() if hasattr(module, "kept")]
    joins = [n.path for n in graph.nodes if n.op.picks and len(n.inputs) > 1]
    for stride in (1, 2, 0):
        runs = {name: bool(stride) and i % stride == 0 for i, name in enumerate(paths)}
        sizes = {n.path: len(n.inputs) for n in graph.nodes}
        kept = {
            name: [not stride or place % stride == 0 for place in range(sizes[name])]
            for name in joins
        }
        for name, run in runs.items():
            model.get_submodule(name).kept = _always(run)  # type: ignore[assignment]
        for name, keeps in kept.items():
            model.get_submodule(name).draw = _drawn(keeps)  # type: ignore[assignment]
        compare(graph, model, runs, kept)


def _learned(graph: Graph) -> list[str]:
    return [
        f"{node.path}.{weight.name}"
        for node in graph.nodes
        for weight in (node.op.weights(graph.operands(node)) if node.inputs else ())
        if weight.learned
    ]


def _always(run: bool) -> Callable[[Tensor], bool]:
    return lambda x: run


def _drawn(kept: list[bool]) -> Callable[..., list[bool]]:
    return lambda x, live=True: [live and keep for keep in kept]


def compare(
    graph: Graph, model: nn.Module, runs: dict[str, bool], kept: dict[str, list[bool]]
) -> None:
    """Outputs, gradients, and that the caller's images are as they were."""
    state = {name: value.detach().clone() for name, value in model.state_dict().items()}
    for name in _learned(graph):
        state[name].requires_grad_()
    images = [torch.randn(3, *graph.nodes[n].shape, dtype=torch.float64) for n in graph.inputs]
    expected = interpret(graph, state, [x.clone() for x in images], model.training, kept, runs)
    given = [x.clone() for x in images]
    found = model(*given)
    assert all(map(torch.equal, given, images))
    found = found if isinstance(found, tuple) else (found,)
    found = found[: len(expected)]  # behind them are auxiliary outputs
    for a, b in zip(found, expected, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-8, atol=1e-9)
    model.zero_grad()
    for values in (expected, found):
        total = sum((value * weigh(value)).sum() for value in values)
        if isinstance(total, Tensor) and total.requires_grad:
            total.backward()
    for name, parameter in model.named_parameters():
        want, grad = state[name].grad, parameter.grad
        zero = torch.zeros_like(parameter)
        torch.testing.assert_close(
            zero if grad is None else grad, zero if want is None else want, rtol=1e-7, atol=1e-7
        )


def weigh(value: Tensor) -> Tensor:
    """Distinct weights of a loss, so that no exchange of values goes unseen."""
    return torch.linspace(-1, 1, value.numel(), dtype=value.dtype).view_as(value)


DENSE = {
    "a repeat in a dense block": "v10: repeat 3 { conv(5x5, 4) -> conv(3x3, 2) } -> conv(3x3, 1)",
    "a block in a dense block": "thin -> conv(3x3, 1)",
    "blocks in a repeat in a dense block": "v: repeat 2 { thin -> thin } -> conv(3x3, 1)",
    "a dense block in a dense block": "v: dense 2 { bn -> relu -> conv(3x3, 2) } -> conv(3x3, 1)",
    "two readers in a dense block": "concat { | bn -> relu -> conv(3x3, 2) | identity } -> thin",
}


@pytest.mark.parametrize("body", DENSE.values(), ids=DENSE)
def test_dense_blocks_that_recompute_hold_anything(body: str) -> None:
    block = "block thin { bn -> relu -> conv(3x3, 2) }\n"
    text = f"network net {{\n  input 3x8x8\n  v: dense 3 {{ {body} }}\n  conv(1x1, 2)\n}}"
    agree(graph_of(block + text), recompute=True)


def test_an_iteration_keeps_its_number_beside_a_label() -> None:
    body = f"a: repeat {LABELLED.format(0, 'conv(3x3, 5)')}"
    graph = graph_of(f"network net {{\n  input 3x8x8\n  {body}\n}}")
    keys = load(emit(graph)).net().state_dict()
    assert [key for key in keys if key.endswith("weight")] == [
        "a.first.weight",
        "a.1.weight",
        "a.2.weight",
    ]


@pytest.mark.parametrize("merge", ["add", "mul"])
def test_python_can_parse_a_merge_of_many_branches(merge: str) -> None:
    branches = "| sigmoid | identity " * 700
    graph = graph_of(f"network net {{\n  input 1x2x2\n  {merge} {{ {branches} }}\n}}")
    x = torch.full((1, 1, 2, 2), 0.01, dtype=torch.float64)
    (expected,) = interpret(graph, {}, [x], training=False)
    torch.testing.assert_close(load(emit(graph)).net()(x), expected)
