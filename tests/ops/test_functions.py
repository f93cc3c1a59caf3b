"""What ops say about their function in evaluation, held to what PyTorch computes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from probe import EXAMPLES, Probe, probe
from torch import Tensor, nn

WORDS = sorted({op.word for op, _ in EXAMPLES})


def trained(made: Probe) -> Callable[..., Tensor]:
    """The op in evaluation with weights and statistics as after some training."""
    run = made.run()
    if isinstance(run, nn.Module):
        for name, value in run.state_dict().items():
            if name.endswith("running_var"):
                value.uniform_(0.5, 2)
            elif value.is_floating_point():
                value.normal_()
    return run


def holds(word: str, claim: Callable[[Probe, Callable[..., Tensor]], bool]) -> bool:
    """Whether a claim is so in every example of an op."""
    made = [probe(example) for op, example in EXAMPLES if op.word == word]
    return all(claim(each, trained(each)) for each in made)


def check_trait(
    word: str, claim: Callable[[Probe, Callable[..., Tensor]], bool], name: str, *implying: str
) -> None:
    """Compare a trait of an op, or one that implies it, with what PyTorch computes."""
    (op,) = {op for op, _ in EXAMPLES if op.word == word}
    found = holds(word, claim)
    declared = any(getattr(op, trait) for trait in (name, *implying))
    assert declared == found, f"write `{name} = {found}` in {op.__name__}"


def is_affine(made: Probe, run: Callable[..., Tensor]) -> bool:
    one, other = made.operands(1), made.operands(2)
    between = [0.3 * a + 0.7 * b for a, b in zip(one, other, strict=True)]
    return torch.allclose(run(*between), 0.3 * run(*one) + 0.7 * run(*other))


def is_identity(made: Probe, run: Callable[..., Tensor]) -> bool:
    return _leaves_alone(made.operands(), run)


def leaves_positive_alone(made: Probe, run: Callable[..., Tensor]) -> bool:
    return _leaves_alone([10 * value.abs() for value in made.operands()], run)


def _leaves_alone(values: list[Tensor], run: Callable[..., Tensor]) -> bool:
    output = run(*[value.clone() for value in values])
    return output.shape == values[0].shape and torch.equal(output, values[0])


def is_never_negative(made: Probe, run: Callable[..., Tensor]) -> bool:
    return all(bool((run(*made.operands(seed)) >= 0).all()) for seed in range(3))


def keeps_sign(made: Probe, run: Callable[..., Tensor]) -> bool:
    values = ([value.abs() for value in made.operands(seed)] for seed in range(3))
    return all(bool((run(*operands) >= 0).all()) for operands in values)


@pytest.mark.parametrize("word", WORDS)
def test_a_matrix_and_a_constant(word: str) -> None:
    check_trait(word, is_affine, "affine_map")


@pytest.mark.parametrize("word", WORDS)
def test_the_output_is_the_input(word: str) -> None:
    check_trait(word, is_identity, "transparent")


@pytest.mark.parametrize("word", WORDS)
def test_what_is_not_below_zero_is_left_alone(word: str) -> None:
    check_trait(word, leaves_positive_alone, "keeps_positive", "transparent")


@pytest.mark.parametrize("word", WORDS)
def test_no_output_is_below_zero(word: str) -> None:
    check_trait(word, is_never_negative, "rectifies")


@pytest.mark.parametrize("word", WORDS)
def test_no_output_is_below_zero_where_no_input_is(word: str) -> None:
    check_trait(word, keeps_sign, "keeps_sign", "rectifies")


@pytest.mark.parametrize(("op", "example"), EXAMPLES, ids=lambda value: getattr(value, "text", ""))
def test_a_bias_before_has_no_effect_only_where_each_channel_is_centred(
    op: type, example: object
) -> None:
    made = probe(example)
    if len(made.node.inputs) > 1 or made.node.op.kind != "norm":
        assert not made.op.centres(made.graph.operands(made.node))
        return
    run = made.run(training=True)
    (value,) = made.operands()
    bias = torch.randn(1, value.shape[1], *[1] * (value.dim() - 2), dtype=torch.float64)
    unmoved = torch.allclose(run(value.clone()), run(value + bias))
    assert unmoved == made.op.centres(made.graph.operands(made.node))
