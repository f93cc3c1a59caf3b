"""Training computes what the branches that joins keep need, and nothing else: random networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from archdsl.ir import Graph
from tests.backends.torch.interpreter import compiled, graph_of, interpret, taken

BLOCKS = """
block pair { conv(3x3, 4, bias=false) -> bn -> relu -> conv(1x1, 4) }
block unit { skip { conv(3x3, 4) -> bn -> relu -> conv(3x3, 4) } -> relu }
block twin { y0: conv(3x3, 4) -> relu -> y1: conv(1x1, 4) -> bn -> y2: conv(1x1, 4) }
block fork { conv(1x1, 4) -> join(drop=0.5) { | conv(3x3, 4) | unit | identity } -> relu }
block fractal(columns) {
  if columns == 1 { conv(3x3, 4) -> bn -> relu } else {
    join(drop=0.5) { | conv(3x3, 4) -> bn -> relu | fractal(columns - 1) -> fractal(columns - 1) }
  }
}
block chosen(other) { join(drop=0.5) { | conv(3x3, 4) | @other -> conv(1x1, 4) } }
block cell(other) { add { | conv(3x3, 4) | @other -> conv(1x1, 4) } }
"""
LEAVES = """identity
relu
add { | identity | @stem }
conv(3x3, 4)
conv(3x3, 4) -> bn -> relu
conv(1x1, 4) -> maxpool(3x3, /1, pad=1) -> relu
pair
unit
fork
fractal(2)
fractal(3)
cell(@stem)
chosen(@stem)
slice(0, 2) -> conv(1x1, 4)
split 2 { conv(3x3, 2) -> relu }
concat { | slice(0, 2) | slice(2, 4) -> relu }
dense 2 { conv(3x3, 2) -> relu } -> conv(1x1, 4)
skip { conv(3x3, 4) -> bn -> drop_path(0) }
skip { relu -> conv(3x3, 4) -> drop_path(1) }
l#: conv(3x3, 4) -> add { | @l# | relu }
g#: { conv(3x3, 4) -> relu }
t#: twin -> add { | identity | @t#.y1 -> relu }
join(drop=0.5) { | t#: twin | @t#.y0 | @t#.y1 -> relu }""".splitlines()
MERGES = """join(drop=0.5) { | A | B }
join(drop=0.5) { | A | B | C }
j#: join(drop=0.3) { | A | B }
A -> s#: relu -> join(drop=0.5) { | B | @s# -> conv(1x1, 4) | @s# }
join(drop=0) { | A | B }
add { | A | B }
concat { | A | B } -> conv(1x1, 4)
skip { A }
skip { conv(1x1, 4) -> A -> drop_path(0) }
skip { A -> drop_path(1) }
A -> B""".splitlines()


@st.composite
def bodies(draw: st.DrawFn) -> str:
    labels = iter(range(1000))

    def item(depth: int) -> str:
        text = draw(st.sampled_from([*LEAVES, *MERGES, *MERGES] if depth else LEAVES))
        text = text.replace("#", str(next(labels)))
        for slot in "ABC":
            if slot in text:
                text = text.replace(slot, item(depth - 1))
        return text

    return "\n  ".join(item(3) for _ in range(draw(st.integers(1, 3))))


def recorded(model: nn.Module) -> dict[str, list[bool]]:
    """What every join is going to keep, by its path."""
    drawn: dict[str, list[bool]] = {}

    def recording(name: str, draw: Callable[..., list[bool]]) -> Callable[..., list[bool]]:
        def record(*given: Any) -> list[bool]:
            kept = draw(*given)
            if any(kept):
                drawn[name] = kept
            return kept

        return record

    for name, module in model.named_modules():
        if type(module).__name__ == "Join":
            join: Any = module
            join.draw = recording(name, join.draw)
    return drawn


def runs_of(model: nn.Module, kinds: tuple[type[nn.Module], ...]) -> list[str]:
    """The paths of the modules that are going to be called, each as often as it is."""
    called: list[str] = []

    def record(name: str) -> Callable[..., None]:
        return lambda *_: called.append(name)

    for name, module in model.named_modules():
        if isinstance(module, kinds):
            module.register_forward_hook(record(name))
    return called


def live(graph: Graph, kept: dict[str, list[bool]]) -> set[str]:
    """The paths of what the outputs need, where joins read only what they keep."""
    needed = set(graph.outputs)
    for node in reversed(graph.nodes):
        if node.id in needed:
            needed.update(taken(node, kept))
    return {graph.nodes[number].path for number in needed}


def agree(body: str, seed: int, training: bool = True) -> None:
    graph = graph_of(f"{BLOCKS}network net {{\n  input 3x5x5\n  stem: conv(3x3, 4)\n  {body}\n}}")
    torch.manual_seed(seed)
    model = compiled(graph).double().train(training)
    state = {name: value.detach().clone() for name, value in model.state_dict().items()}
    for name, _ in model.named_parameters():
        state[name].requires_grad_()
    kept, called = recorded(model), runs_of(model, (nn.Conv2d, nn.BatchNorm2d))
    x = torch.randn(2, 3, 5, 5, dtype=torch.float64)
    found = model(x)
    (expected,) = interpret(graph, state, [x], training, kept)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-10)
    found.square().mean().backward()
    expected.square().mean().backward()
    for name, parameter in model.named_parameters():
        gradient = state[name].grad
        if gradient is None or parameter.grad is None:
            assert not any(g is not None and g.any() for g in (gradient, parameter.grad)), name
        else:
            torch.testing.assert_close(parameter.grad, gradient, rtol=1e-9, atol=1e-9)
    needed = {path for path in live(graph, kept) if f"{path}.weight" in state}
    assert len(called) == len(set(called))
    if "chosen" not in body and "drop_path(1)" not in body:
        assert set(called) == needed
    for name, count in model.named_buffers():
        if name.endswith("num_batches_tracked") and training:
            path = name.removesuffix(".num_batches_tracked")
            assert int(count) == (path in called)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(bodies(), st.integers(0, 2**31))
def test_only_what_the_kept_branches_need_is_computed(body: str, seed: int) -> None:
    agree(body, seed)
