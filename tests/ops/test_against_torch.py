"""Every op's examples, through the whole front end and then against PyTorch itself."""

from __future__ import annotations

import pytest
import torch
from probe import BATCH, EXAMPLES, NAMES, probe
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from archdsl.ops import OPS, Example, Op

each_example = pytest.mark.parametrize(("op", "example"), EXAMPLES, ids=NAMES)


@pytest.mark.parametrize("op", OPS.values(), ids=OPS)
def test_an_op_is_documented_and_has_examples(op: type[Op]) -> None:
    assert op.__doc__
    assert not op.__doc__.startswith(f"{op.__name__}("), "the dataclass's own, not ours"
    assert op.examples


@each_example
def test_an_example_is_of_its_op(op: type[Op], example: Example) -> None:
    assert type(probe(example).op) is op


@each_example
@pytest.mark.parametrize("training", [False, True], ids=["eval", "train"])
def test_the_output_has_the_inferred_shape(op: type[Op], example: Example, training: bool) -> None:
    made = probe(example)
    output = made.run(training)(*made.operands())
    assert tuple(output.shape) == (BATCH, *made.node.shape)


@each_example
@pytest.mark.parametrize("training", [False, True], ids=["eval", "train"])
def test_module_and_function_agree(op: type[Op], example: Example, training: bool) -> None:
    made = probe(example)
    results = []
    for run in made.forms(training):
        torch.manual_seed(1)  # for dropout
        results.append(run(*made.operands()))
    assert results
    assert all(torch.equal(result, results[0]) for result in results)


@each_example
def test_a_function_form_has_no_weights(op: type[Op], example: Example) -> None:
    made = probe(example)
    if made.form.function is not None:
        assert not made.op.weights(made.graph.operands(made.node))


@each_example
def test_weights_are_those_of_the_module(op: type[Op], example: Example) -> None:
    made = probe(example)
    module = made.module() if made.form.module is not None else nn.Identity()
    weights = made.op.weights(made.graph.operands(made.node))
    state = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    assert {weight.name: weight.shape for weight in weights} == state
    assert [weight.name for weight in weights] == list(state), "in this order"
    learned = {name for name, _ in module.named_parameters()}
    assert {weight.name for weight in weights if weight.learned} == learned


@each_example
def test_an_initialised_tensor_is_one_of_the_weights(op: type[Op], example: Example) -> None:
    made = probe(example)
    names = {weight.name for weight in made.op.weights(made.graph.operands(made.node))}
    assert {tensor for tensor, _ in made.op.torch_init()} <= names


@each_example
def test_macs_are_half_of_the_flops_that_pytorch_counts(op: type[Op], example: Example) -> None:
    made = probe(example)
    run, operands = made.run(), made.operands()
    with FlopCounterMode(display=False) as counter:
        run(*operands)
    macs = made.op.macs(made.graph.operands(made.node), made.node.shape)
    assert 2 * macs * BATCH == counter.get_total_flops()


@each_example
def test_an_op_runs_on_the_meta_device(op: type[Op], example: Example) -> None:
    made = probe(example)
    operands = [value.to("meta") for value in made.operands()]
    run = made.run()
    output = run.to("meta")(*operands) if isinstance(run, nn.Module) else run(*operands)
    assert tuple(output.shape) == (BATCH, *made.node.shape)


def test_the_same_attributes_make_equal_ops() -> None:
    a, b = (probe(Example("conv(3x3, 16, /2)")).op for _ in range(2))
    assert a == b
    assert hash(a) == hash(b)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("conv(3, 16)", "conv(3x3, 16)"),
        ("conv(3, 16, /2, bias=false)", "conv(3x3, 16, stride=2x2, bias=false)"),
        ("conv(3x3, 16, pad=0x1)", "conv(3x3, 16, pad=0x1)"),
        ("conv(2x2, 16, pad=[0, 1, 0, 1])", "conv(2x2, 16, pad=[0, 1, 0, 1])"),
        ("avgpool(global)", "avgpool(global)"),
        ("lrn(5, alpha=5e-4)", "lrn(5, alpha=0.0005)"),
        ("relu", "relu"),
        ("upsample(2, mode=bilinear)", "upsample(2x2, mode=bilinear)"),
        ("conv(1x1, 2, init=normal(0.01))", "conv(1x1, 2, init=normal(0.01))"),
    ],
)
def test_a_title_reads_as_the_author_would_write(text: str, title: str) -> None:
    assert probe(Example(text)).op.title == title


@each_example
def test_a_title_is_the_op_again_when_read(op: type[Op], example: Example) -> None:
    made = probe(example).op
    if not made.many:
        assert probe(Example(made.title, example.inputs)).op == made
