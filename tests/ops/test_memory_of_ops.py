"""What ops say of memory, held to what PyTorch holds: in training, and in evaluation."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
import torch
from memory_advice import saved_advice
from memory_meter import kept_for_backward, peak_beyond
from probe import BATCH, EXAMPLES, NAMES, Probe, probe
from torch import Tensor, nn

from archdsl.ops import Example, Shape
from archdsl.ops.base import volume
from archdsl.ops.storage import Buffer

VALUE = 4  # bytes of a float32
PRODUCTS = (
    "mul { | identity | sigmoid | relu }",
    "mul { | avgpool(global) | identity | maxpool(global) | sigmoid }",
    "add { | identity | sigmoid | relu | tanh }",
)
SPREAD = (
    "dropout(0)",
    "dropout2d(0)",
    "adaptive_avgpool(1)",
    "adaptive_avgpool(14)",
    "adaptive_maxpool(14)",
    "conv(3x3, 8, pad=[1, 1, 0, 1])",
)
CASES = [example for _, example in EXAMPLES] + [Example(text) for text in (*PRODUCTS, *SPREAD)]
BOTH = [(example, False) for example in CASES] + [(e, True) for op, e in EXAMPLES if op.in_place]
BOTH_NAMES = [f"{e.text} on {e.inputs}{' in place' if in_place else ''}" for e, in_place in BOTH]
each_case = pytest.mark.parametrize("example", CASES, ids=[*NAMES, *PRODUCTS, *SPREAD])


def single(made: Probe, training: bool) -> Iterable[tuple[Callable[..., Tensor], list[Tensor]]]:
    """The forms in float32, each with the tensors that it owns."""
    for run in made.forms(training):
        weights = []
        if isinstance(run, nn.Module):
            run.float()
            weights = [*run.parameters(), *run.buffers()]
        yield run, weights


def bytes_of(buffer: Buffer) -> int:
    return buffer.elements * (buffer.width or VALUE) * (BATCH if buffer.batched else 1)


def size_of(shape: Shape) -> int:
    return volume(shape) * BATCH * VALUE


@pytest.mark.parametrize(("example", "in_place"), BOTH, ids=BOTH_NAMES)
def test_autograd_keeps_what_the_op_says(example: Example, in_place: bool) -> None:
    check_saved(probe(example, in_place), in_place)


def check_saved(made: Probe, in_place: bool = False) -> None:
    """Compare what the op states with what autograd keeps; a difference says what to write."""
    inputs = made.graph.operands(made.node)
    stated = made.op.saved(inputs, made.node.shape, in_place)
    kept = {made.node.inputs[i]: size_of(inputs[i]) for i in stated.operands}
    if stated.output:
        kept[made.node.id] = size_of(made.node.shape)
    expected = sum(kept.values()) + bytes_of(stated.extra)
    for run, weights in single(made, training=True):
        leaves = [value.float().requires_grad_() for value in made.operands()]
        values = {n: leaf * 1 for n, leaf in zip(made.node.inputs, leaves, strict=True)}
        operands = [values[number] for number in made.node.inputs]
        found = kept_for_backward(lambda r=run, o=operands: r(*o), weights)
        assert found == expected, saved_advice(made, made.forms(training=True)[0], stated)


@each_case
def test_evaluation_holds_what_the_op_says(example: Example) -> None:
    made = probe(example)
    own = 0 if made.op.shares(training=False) else size_of(made.node.shape)
    stated = bytes_of(made.op.scratch(made.graph.operands(made.node), made.node.shape))
    for run, weights in single(made, training=False):
        operands = [value.float() for value in made.operands()]
        held = peak_beyond(lambda r=run, o=operands: r(*o), [*operands, *weights])
        assert held == own + stated, (
            f"`{made.op.word}` needs {held - own:,} bytes beside its output in evaluation;"
            f" `{type(made.op).__name__}.scratch` states {stated:,}"
        )


@each_case
@pytest.mark.parametrize("training", [False, True], ids=["eval", "train"])
def test_an_output_lies_in_the_input_where_the_op_says_so(example: Example, training: bool) -> None:
    made = probe(example)
    for run, _ in single(made, training):
        operands = [value.float() for value in made.operands()]
        with torch.no_grad():
            output = run(*operands)
        places = [value.untyped_storage().data_ptr() for value in operands]
        assert made.op.shares(training) == (output.untyped_storage().data_ptr() in places)


def test_an_idle_op_gives_back_its_input() -> None:
    idle = [made for made in map(probe, CASES) if made.op.idle(made.graph.operands(made.node))]
    assert {made.op.word for made in idle} == {"identity", "adaptive_avgpool", "adaptive_maxpool"}
    for made in idle:
        operands = made.operands()
        assert all(torch.equal(run(*operands), operands[0]) for run in made.forms())
