"""The fuzzer on a few inputs of every kind: `python -m tests.fuzz --count 200000` runs it long."""

from __future__ import annotations

import random

import pytest

from tests.fuzz.__main__ import KINDS, Tally, one


@pytest.mark.parametrize("kind", KINDS)
def test_a_few_inputs_end_in_success_or_findings(kind: str) -> None:
    tally = Tally()
    for seed in range(25):
        one(kind, seed, 0.1, tally)
    assert tally.smallest == {}
    assert sum(tally.outcomes.values()) == 25


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_gives_one_input(kind: str) -> None:
    assert KINDS[kind](random.Random(3)) == KINDS[kind](random.Random(3))


def test_the_smallest_failing_text_is_kept() -> None:
    tally = Tally()
    for text in ("network", "net", "netw"):
        tally.fail("reason", text, "--seed 1")
    assert tally.failures["reason"] == 3
    assert tally.smallest["reason"][0] == "net"
