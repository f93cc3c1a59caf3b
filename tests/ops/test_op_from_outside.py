"""An op that states only its core: what is assumed of it is careful, and tests say what to add."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from memory_meter import kept_for_backward
from probe import Probe, probe
from test_memory_of_ops import bytes_of, check_saved, single, size_of

from archdsl.analyses.sharing import overwritable
from archdsl.ops import OPS, Example, Op, Shape, TorchForm, call


@dataclass(frozen=True)
class Mish(Op):
    """x tanh(softplus(x)) (Misra 2019, arXiv:1908.08681)."""

    word = "mish"

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        return TorchForm(call("nn.Mish"), call("F.mish"))


@dataclass(frozen=True)
class Exp(Op):
    """e^x: its backward reads what it made."""

    word = "exponential"

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        return TorchForm(function=call("torch.exp"))


@pytest.fixture(params=[Mish, Exp])
def made(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Probe:
    monkeypatch.setitem(OPS, request.param.word, request.param)
    return probe(Example(request.param.word))


def test_an_op_is_assumed_to_keep_no_less_than_it_does(made: Probe) -> None:
    inputs = made.graph.operands(made.node)
    stated = made.op.saved(inputs, made.node.shape, in_place=False)
    assumed = sum(size_of(inputs[i]) for i in stated.operands) + bytes_of(stated.extra)
    assumed += size_of(made.node.shape) if stated.output else 0
    for run, weights in single(made, training=True):
        operands = [value.float().requires_grad_() * 1 for value in made.operands()]
        assert kept_for_backward(lambda r=run, o=operands: r(*o), weights) <= assumed


def test_nothing_overwrites_the_result_of_an_op_that_states_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(OPS, "mish", Mish)
    graph = probe(Example("conv(3x3, 4) -> mish -> relu")).graph
    assert graph.nodes[-1].id not in overwritable(graph)


@pytest.mark.parametrize(
    ("op", "advice"),
    [
        (Mish, "keeps_output = False.*return Saved\\(\\(0,\\), output=False\\)"),
        (Exp, "keeps_output = True.*return Saved\\(\\(\\), output=True\\)"),
    ],
)
def test_a_test_that_wants_more_says_what_to_write(
    op: type[Op], advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(OPS, op.word, op)
    with pytest.raises(AssertionError, match=f"(?s){advice}"):
        check_saved(probe(Example(op.word)))
