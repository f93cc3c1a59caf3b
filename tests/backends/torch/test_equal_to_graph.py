"""Generated code computes what the graph says: outputs and gradients, for random networks."""

from __future__ import annotations

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archdsl.analyses.cost import costs, total
from tests.backends.torch.interpreter import compiled, graph_of, interpret

BLOCKS = """
inline block both { concat { | identity | identity } }
inline block cr(c) { conv(3x3, c) -> relu }
block pair(c) { conv(3x3, c, bias=false) -> bn -> relu -> conv(1x1, c) }
block named(c) { a: conv(3x3, c) -> relu -> b: bn }
block gate { let c = in.channels
  mul { | identity | avgpool(global) -> conv(1x1, c) -> sigmoid } }
block match(c, stride = 1) { if in.channels != c or stride != 1 { conv(1x1, c, /stride) -> bn } }
block residual(c, stride = 1) {
  skip downsample: match(c, stride) { conv(3x3, c, /stride) -> bn -> relu -> conv(3x3, c) -> bn }
  relu
}
block preact(c) { bn -> relu
  skip match(c) { conv(3x3, c) -> relu -> conv(3x3, c) } }
block unit(c, p) {
  skip match(c) { conv(3x3, c) -> bn -> relu -> conv(3x3, c) -> bn -> drop_path(p) }
  relu
}
block tower(n) { if n == 1 { cr(4) } else { add { | cr(4) | tower(n - 1) -> tower(n - 1) } } }
block cell(before) { add { | conv(1x1, 4) | @before -> conv(1x1, 4) } }
"""
ITEMS = [
    "conv(3x3, {c})",
    "relu",
    "bn",
    "cr({c})",
    "pair({c})",
    "named({c})",
    "gate",
    "residual({c})",
    "preact({c})",
    "tower({n})",
    "tanh",
    "sigmoid",
    "identity",
    "avgpool(3x3, /1, pad=1)",
    "maxpool(3x3, /1, pad=1)",
    "dropout(0)",
    "lrn(3)",
    "concat {{ | identity | cr({c}) }}",
    "add {{ | relu | identity }}",
    "concat {{ | conv(1x1, {c}) -> relu | cr(2) -> bn | maxpool(3x3, /1, pad=1) -> pair(3) }}",
    "repeat {n} {{ cr({c}) }}",
    "skip {{ relu -> gate }}",
    "skip {{ bn }} -> relu",
    "mul {{ | relu | sigmoid }}",
    "dense {n} {{ bn -> relu -> conv(3x3, 2) }}",
    "dense i in range({n}) {{ pair(2) }}",
    "conv(2x2, {c}, pad=[0, 1, 1, 0])",
    "unit({c}, {p})",
    "skip {{ bn -> relu -> pair(in.channels) -> drop_path({p}) }}",
    "add {{ | conv(1x1, {c}) | skip {{ relu -> drop_path({p}) }} -> cr({c}) -> drop_path({p}) }}",
    "add {{ | conv(1x1, {c}) -> drop_path({p}) | cr({c}) -> drop_path({p}, mode=sample) }}",
    "concat {{ | identity | cr({c}) -> drop_path({p}) }}",
    "drop_path({p}) -> relu",
    "slice(0, 2) -> conv(1x1, {c})",
    "conv(1x1, 4) -> split 2 {{ cr({c}) }}",
    "conv(1x1, 6) -> split {{ | relu | cr({c}) | identity }}",
    "concat {{ | cr(2) | relu -> conv(1x1, 2) }} -> split {{ | relu | cr({c}) -> bn }}",
    "both -> split 2 {{ cr({c}) }} -> both -> split 2 {{ cr(2) }}",
]


@st.composite
def bodies(draw: st.DrawFn) -> str:
    """A network of a few items, some labelled, some referred to later."""
    lines, labels = ["stem: conv(3x3, 4)"], ["stem"]
    for position in range(draw(st.integers(1, 6))):
        item = draw(st.sampled_from(ITEMS)).format(
            c=draw(st.integers(2, 5)), n=draw(st.integers(1, 3)), p=draw(st.integers(0, 1))
        )
        kind = draw(
            st.sampled_from(
                [
                    "plain",
                    "label",
                    "dense",
                    "uneven",
                    "group",
                    "repeat",
                    "cell",
                    "cells",
                    "towers",
                    "parts",
                    "again",
                ]
            )
        )
        if kind == "label":
            labels.append(f"l{position}")
            item = f"l{position}: {item}" if not item.startswith("identity") else item
        elif kind == "group":
            item = f"g{position}: {{ {item} -> relu }}"
        elif kind == "dense":
            item = f"d{position}: dense 3 {{ cr({position + 1}) }}"
        elif kind == "uneven":
            item = f"u{position}: dense c in [2, {position + 1}, 3] {{ cr(c) }}"
        elif kind == "towers":
            where = draw(st.sampled_from(["", "on devices "]))
            both = draw(st.sampled_from(["both", "conv(1x1, 4)"]))
            item = f"{both} -> s{position}: split 2 {where}{{ {item} -> relu }}"
        elif kind == "parts":
            item = f"conv(1x1, 9) -> p{position}: split 3 {{ cr(2) -> pair({position + 1}) }}"
        elif kind == "cells":
            item = f"t{position}: {{ cell(@stem) -> cell(@stem) -> relu }}"
        elif kind == "repeat":
            item = f"r{position}: repeat 3 {{ {item} }}"
        elif kind == "cell":
            item = "cell(@stem)"
        elif kind == "again":
            item = "concat { | identity | @stem }"
        lines.append(item)
    return "\n  ".join(lines)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(bodies(), st.booleans())
def test_random_networks_compute_what_their_graph_says(body: str, training: bool) -> None:
    graph = graph_of(BLOCKS + f"network net {{\n  input 3x6x6\n  {body}\n}}")
    agree(graph, training)


def agree(graph: object, training: bool) -> None:
    torch.manual_seed(0)
    model = compiled(graph).double().train(training)  # type: ignore[arg-type]
    state = {k: v.detach().clone() for k, v in model.state_dict().items()}
    for name, value in state.items():
        if not name.endswith(("running_mean", "running_var", "num_batches_tracked")):
            value.requires_grad_()
    x = torch.randn(2, 3, 6, 6, dtype=torch.float64)
    expected = interpret(graph, state, [x], training)  # type: ignore[arg-type]
    found = model(x)
    found = found if isinstance(found, tuple) else (found,)
    for a, b in zip(found, expected, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-10)
    sum(value.square().mean() for value in expected).backward()  # type: ignore[union-attr]
    sum(value.square().mean() for value in found).backward()
    for name, parameter in model.named_parameters():
        expected_grad = state[name].grad
        if expected_grad is None:
            assert parameter.grad is None or not parameter.grad.any()
        else:
            torch.testing.assert_close(parameter.grad, expected_grad, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("training", [True, False])
def test_several_outputs_and_references_into_a_block(training: bool) -> None:
    text = (
        BLOCKS
        + """
block twice { y0: cr(4) -> y1: cr(5) }
network net {
  input 3x6x6
  first: twice -> second: twice
  concat { | identity | @first.y0 | @second.y0 }
  head: conv(1x1, 2)
  output @head, @first.y1
}"""
    )
    agree(graph_of(text), training)


def test_more_values_than_there_are_letters_each_keep_their_variable() -> None:
    labels = [f"t{number}" for number in range(10)]
    lines = [f"{label}: twice" for label in labels]
    text = (
        BLOCKS
        + "block twice { a: conv(3x3, 4) -> b: relu -> c: conv(1x1, 4) }\n"
        + "network net {\n  input 3x6x6\n  "
        + "\n  ".join([*lines, "concat { | " + " | ".join(f"@{name}.a" for name in labels) + " }"])
        + "\n}"
    )
    agree(graph_of(text.replace("@t9.a", "identity")), training=False)


@pytest.mark.parametrize("training", [True, False])
def test_two_inputs_keep_their_names(training: bool) -> None:
    graph = graph_of("""network net {
  input left 3x6x6
  input right 2x6x6
  concat { | @left -> conv(3x3, 4) -> bn | @right -> conv(3x3, 4) }
  relu
}""")
    model = compiled(graph).double().train(training)
    left, right = torch.randn(2, 3, 6, 6).double(), torch.randn(2, 2, 6, 6).double()
    (expected,) = interpret(graph, dict(model.state_dict()), [left, right], training)
    torch.testing.assert_close(model(left=left, right=right), expected)


def test_a_group_whose_value_nothing_reads_still_has_its_weights() -> None:
    text = """network net {
  input 3x6x6
  stem: conv(3x3, 4)
  aside: { conv(3x3, 4) -> relu -> bn }
  @stem
  relu
}"""
    agree(graph_of(text), training=True)
    assert "aside.0.weight" in compiled(graph_of(text)).state_dict()


AUXILIARY = """block head { avgpool(global) -> flatten -> linear(5) }
network net {
  input 3x6x6
  stem: conv(3x3, 4) -> relu
  side: aux(weight=0.3) { head }
  conv(3x3, 4) -> relu
  late: aux(weight=0.1) { conv(1x1, 2) -> relu -> avgpool(global) -> flatten }
  avgpool(global) -> flatten
  fc: linear(5)
}"""


def test_training_returns_the_auxiliary_outputs_beside_the_main_one() -> None:
    model = compiled(graph_of(AUXILIARY)).double()
    x = torch.randn(2, 3, 6, 6).double()
    found = model.train()(x)
    assert found._fields == ("output", "side", "late")
    assert [tuple(value.shape) for value in found] == [(2, 5), (2, 5), (2, 2)]
    torch.testing.assert_close(model.eval()(x), found.output)


def test_an_exported_graph_has_no_auxiliary_outputs() -> None:
    model = compiled(graph_of(AUXILIARY)).eval()
    exported = torch.export.export(model, (torch.randn(2, 3, 6, 6),))
    used = {str(node.target) for node in exported.graph.nodes if node.op == "call_function"}
    linear = [n for n in exported.graph.nodes if "linear" in str(n.target)]
    assert len(linear) == 1, used
    assert "side.2.weight" in model.state_dict()


def test_the_cost_of_evaluation_leaves_auxiliary_outputs_out() -> None:
    graph = graph_of(AUXILIARY)
    cost = total(graph, costs(graph))
    main = 4 * 3 * 9 * 36 + 4 * 4 * 9 * 36 + 4 * 5
    assert cost.macs == main
    assert cost.params == (4 * 27 + 4) + (4 * 36 + 4) + 25 + 25 + (8 + 2)
