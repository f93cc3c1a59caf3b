"""Arguments around each bound: what PyTorch refuses to build or to run, `check` refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from probe import compiled, evaluate
from torch import Tensor, nn

from archdsl.elaboration.arguments import attributes
from archdsl.ir import Graph
from archdsl.ops import OPS, Example, Op
from archdsl.ops.torch_form import TorchForm

WHOLE = ("-1", "0", "1", "2", "3", "4", "5", "16", "2.5", "true", "2147483648")
REAL = (
    *("-1e300", "-2", "-1", "-0.1", "-1e-30", "0", "0.0", "1e-45", "1e-30", "0.5", "1", "1.0"),
    *("1.0001", "2", "1e30", "3.4e38", "3.5e38", "1e300", "1e400", "true", "[0.1]", "2x2"),
)
SIZES = (*WHOLE, "0x1", "1x0", "1x2", "2x1", "2x3", "4x4", "5x3", "3x3x3")
SIDES = (*SIZES, "[0, 1, 0, 1]", "[1, 1, 0, 0]", "[1, 2, 3]", "[-1, 0, 0, 0]", "[0, 0, 9, 9]")
SCHEMES = ("normal", "truncated_normal", "uniform")
VALUES: dict[str, tuple[str, ...]] = {
    "count": WHOLE,
    "natural": WHOLE,
    "flag": ("true", "false", "1", "0"),
    "size": SIZES,
    "window": (*SIZES, "global"),
    "shape": ("4", "64", "0", "2x4x8", "64x1x1", "0x4x4", "4x16", "2.5"),
    "padding": SIDES,
    "initialisation": tuple(f"{scheme}({value})" for scheme in SCHEMES for value in REAL),
}
# What an op needs beside the argument that varies, and images that fit it.
NEEDED = {
    "conv": {"kernel": "3x3", "channels": "4"},
    "deconv": {"kernel": "3x3", "channels": "4"},
    "linear": {"features": "4"},
    "maxpool": {"kernel": "3x3"},
    "avgpool": {"kernel": "3x3"},
    "slice": {"start": "0", "stop": "2"},
}
MODES = ((1, False, False), (2, True, False), (2, True, True))  # batch, training, in place
ANYWHERE = ("flag", "initialisation")  # kinds whose range is the same for every image
INPUTS = ("4x4x4", "4x1x1", "4x1x2", "1x1x1", "4", "1")
# Arguments that limit one another.
TOGETHER = (
    *(f"deconv(3x3, 4, /{s}, dilation={d}, output_pad={o})" for s in (1, 2, 3) for d in (1, 2)
      for o in (0, 1, 2)),
    *(f"{pool}({k}, /{s}, pad={p}, ceil={c})" for pool in ("maxpool", "avgpool")
      for k in (1, 2, 3) for s in (1, 3) for p in (0, 1, 2) for c in ("true", "false")),
    *(f"upsample(2, mode={m}, align_corners={a})" for m in ("nearest", "bilinear", "bicubic")
      for a in ("true", "false")),
    *(f"drop_path({p}, mode={m}, scale={s})" for p in (0, 1) for m in ("batch", "sample")
      for s in ("test", "train")),
)  # fmt: skip


def written(op: type[Op]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Calls of an op in which one argument has each value of its kind, and inputs for them."""
    known = attributes(op)
    for name, field in known.items():
        kind = field.metadata["kind"]
        inputs = INPUTS if kind.name in VALUES and kind.name not in ANYWHERE else INPUTS[:1]
        for value in VALUES.get(kind.name, REAL if not kind.symbols else kind.symbols):
            needed = dict(NEEDED.get(op.word, {}))
            needed[name] = value
            yield f"{op.word}({', '.join(f'{k}={v}' for k, v in needed.items())})", inputs


def calls(op: type[Op]) -> list[Example]:
    together = [(text, INPUTS) for text in TOGETHER if text.startswith(f"{op.word}(")]
    branches = " { | identity | identity }" if op.many else ""
    return [
        Example(text + branches, each)
        for text, inputs in [*written(op), *together]
        for each in inputs
    ]


def run(graph: Graph, batch: int, training: bool, in_place: bool) -> None:
    """Build, run and differentiate what a probe ends with; raises what PyTorch raises."""
    node = graph.nodes[graph.outputs[0]]
    shapes = graph.operands(node)
    leaves = [torch.randn(batch, *shape).requires_grad_() for shape in shapes]
    form = node.op.torch(shapes, in_place)
    output = forward(form, node.op, [leaf * 1 for leaf in leaves], training)
    assert tuple(output.shape) == (batch, *node.shape)
    if output.requires_grad:
        output.sum().backward()


def forward(form: TorchForm, op: Op, operands: list[Tensor], training: bool) -> Tensor:
    assert form.module is not None
    module = evaluate(form.module, form.support)
    assert isinstance(module, nn.Module)
    with torch.no_grad():
        for tensor, call in op.torch_init():
            evaluate(call, "", f"module.{tensor}", known={"module": module})
    output = module.train(training)(*operands)
    assert isinstance(output, Tensor)
    return output


WITH_ARGUMENTS = [op for op in OPS.values() if attributes(op)]


@pytest.mark.parametrize("op", WITH_ARGUMENTS, ids=lambda op: op.word)
def test_what_torch_refuses_check_refuses(op: type[Op]) -> None:
    torch.manual_seed(0)
    wrong: list[Any] = []
    for example in calls(op):
        graphs, found = compiled(example)
        for graph in () if found else graphs:
            for mode in MODES:
                try:
                    run(graph, *mode)
                except Exception as error:
                    wrong.append((example, mode, f"{type(error).__name__}: {error}"))
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("conv(1x1, 4, init=normal(-1))", "`normal` with a number of 0 or more"),
        ("conv(1x1, 4, init=truncated_normal(0))", "`truncated_normal` with a number above 0"),
        ("bn(eps=-0.1)", "a number above 0"),
        ("bn(momentum=1.5)", "a number from 0 to 1"),
        ("prelu(slope=1e300)", "a number from -1e+38 to 1e+38"),
    ],
)
def test_a_message_gives_the_range(text: str, expected: str) -> None:
    (problem,) = compiled(Example(text, "4x4x4"))[1]
    assert problem.code == "A205"
    assert problem.help == f"it is {expected}"


@pytest.mark.parametrize("text", ["elu(1.67)", "leaky_relu(1.5)", "lrn(5, beta=-1)", "gn(2)"])
def test_unusual_values_that_torch_takes_are_accepted(text: str) -> None:
    assert not compiled(Example(text, "4x4x4"))[1]
