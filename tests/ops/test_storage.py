"""What ops say about storage, held to autograd: who may overwrite what, and who shares it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from probe import EXAMPLES, NAMES, Probe, probe
from torch import Tensor

from archdsl.ops import Example, Op

each_example = pytest.mark.parametrize(("op", "example"), EXAMPLES, ids=NAMES)
IN_PLACE = [(op, example) for op, example in EXAMPLES if op.in_place]


def reads_output(made: Probe, run: Callable[..., Tensor]) -> bool:
    """Whether backward fails once the node's output has been overwritten."""
    operands = [value.requires_grad_() for value in made.operands()]
    values = [value * 1 for value in operands]  # not leaves: an op may work in place
    output = run(*values)
    output.add_(1)
    try:
        output.sum().backward()
    except RuntimeError as error:
        if "modified by an inplace operation" not in str(error):
            raise
        return True
    return False


@each_example
def test_backward_reads_the_output_only_where_the_op_says_so(
    op: type[Op], example: Example
) -> None:
    """In any of its forms: some ops save their result only when they work in place."""
    made = [probe(example), probe(example, in_place=True)]
    found = [reads_output(p, run) for p in made for run in p.forms(training=True)]
    assert any(found) == op.keeps_output, f"write `keeps_output = {any(found)}` in {op.__name__}"


def shares(source: Tensor, output: Tensor) -> bool:
    return source.untyped_storage().data_ptr() == output.untyped_storage().data_ptr()


@each_example
@pytest.mark.parametrize("training", [False, True], ids=["eval", "train"])
def test_an_output_shares_storage_only_where_the_op_says_so(
    op: type[Op], example: Example, training: bool
) -> None:
    made = probe(example)
    for run in made.forms(training):
        operands = made.operands()
        output = run(*operands)
        shared = any(shares(source, output) for source in operands)
        assert op.views or not shared, f"write `views = True` in {op.__name__}"


ON_A_GPU = {"channel_shuffle"}


@pytest.mark.parametrize("word", sorted({op.word for op, _ in EXAMPLES if op.views} - ON_A_GPU))
def test_an_op_that_may_share_storage_does_in_some_example(word: str) -> None:
    made = [probe(example) for op, example in EXAMPLES if op.word == word]
    assert any(shares(values[0], p.run()(*values)) for p in made if (values := p.operands()))


@pytest.mark.parametrize(("op", "example"), IN_PLACE, ids=lambda value: getattr(value, "text", ""))
def test_an_op_in_place_writes_over_its_input(op: type[Op], example: Example) -> None:
    made = probe(example, in_place=True)
    expected = probe(example).run()(*made.operands())
    for form in made.forms():
        operands = made.operands()
        output = form(*operands)
        assert torch.equal(output, expected)
        assert shares(operands[0], output)


@each_example
def test_without_permission_the_input_is_left_alone(op: type[Op], example: Example) -> None:
    made = probe(example)
    for run in made.forms(training=True):
        operands = made.operands()
        run(*operands)
        for value, kept in zip(operands, made.operands(), strict=True):
            assert torch.equal(value, kept)


@each_example
def test_only_ops_in_place_depend_on_the_permission(op: type[Op], example: Example) -> None:
    assert (probe(example).form != probe(example, in_place=True).form) == op.in_place
