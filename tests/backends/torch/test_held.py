"""The emitter checks every read of a variable, and writes no code where one is wrong."""

from __future__ import annotations

import pytest

from archdsl.backends.torch import emit
from archdsl.backends.torch.forward import variables
from archdsl.backends.torch.forward.check import Held, WrongOrder
from tests.backends.torch.interpreter import graph_of

OWN = range(9)  # every value has memory of its own


def held(**values: int) -> Held:
    made = Held(OWN)
    for name, number in values.items():
        made.assign(name, number)
    return made


def test_a_variable_holds_what_it_was_assigned_last() -> None:
    made = held(x=1)
    made.check([("x", 1)])
    made.assign("x", 2)
    with pytest.raises(WrongOrder, match="`x` does not hold the value 1"):
        made.check([("x", 1)])


def test_one_variable_may_hold_two_values_that_are_one() -> None:
    made = held(x=1)
    made.share("x", 2)
    made.check([("x", 1), ("x", 2)])


def test_what_lies_in_overwritten_memory_is_lost() -> None:
    made = Held([0, 0, 2])  # the value 1 is a view of 0
    made.assign("x", 0)
    made.assign("y", 1)
    made.run([("x", 0)], overwrites=[0])
    made.assign("z", 2)
    made.check([("z", 2)])
    with pytest.raises(WrongOrder, match="overwritten"):
        made.check([("y", 1)])


def test_one_statement_does_not_read_again_what_it_overwrites() -> None:
    with pytest.raises(WrongOrder, match="also read"):
        held(x=1).run([("x", 1), ("x", 1)], overwrites=[1])


def test_a_condition_keeps_what_holds_on_both_ways() -> None:
    made = held(x=1, y=2)
    made.share("x", 3)  # the sum of a path that is left out
    made.open()
    made.assign("y", 4)
    made.assign("x", 3)
    made.close(runs=False)
    made.check([("x", 3)])
    for lost in (("x", 1), ("y", 2), ("y", 4)):
        with pytest.raises(WrongOrder):
            made.check([lost])


def test_conditions_lie_in_one_another() -> None:
    made = held(x=1)
    made.open()
    made.open()
    made.assign("x", 2)
    made.close(runs=False)
    made.assign("x", 2)
    made.close(runs=False)
    for lost in (1, 2):
        with pytest.raises(WrongOrder):
            made.check([("x", lost)])


def test_no_code_is_written_when_a_variable_is_reused_too_soon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graph = graph_of("network net { input 3x8x8 -> skip { conv(3x3, 3) -> conv(3x3, 3) } }")
    emit(graph)
    monkeypatch.setattr(variables.Names, "take", lambda self, name: None)
    with pytest.raises(WrongOrder):
        emit(graph)
