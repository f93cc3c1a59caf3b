"""Random programs are what their options promise: well typed, repeatable, of every form."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings

from archdsl import ops
from archdsl.ir import Graph
from tests.checking import graph
from tests.programs import Options, program, programs

SEEDS = range(150)


def texts(options: Options) -> list[str]:
    return [program(random.Random(seed), options) for seed in SEEDS]


@pytest.mark.parametrize(
    "options", [Options(), Options(conditioned=True, certain=True), Options(image=(3, 16, 16))]
)
def test_nearly_all_programs_pass_check(options: Options) -> None:
    passed = sum(_passes(text) for text in texts(options))
    assert passed >= 0.98 * len(SEEDS)


def _passes(text: str) -> bool:
    from tests.checking import check

    return not check(text)


def test_a_seed_gives_one_program() -> None:
    assert program(random.Random(7)) == program(random.Random(7))


def test_together_they_have_every_op_and_every_form() -> None:
    text = "\n".join(texts(Options(size=20)))
    words = set(re.findall(r"\w+", text))
    missing = {op for op in ops.OPS if not op.startswith("_")} - words
    assert not missing, f"write {sorted(missing)} in tests/programs/layers.py"
    for form in ["skip match", "dense", "split", "on devices", "aux", "output @", "inline block"]:
        assert form in text, form


@settings(max_examples=30)
@given(programs(conditioned=True, stochastic=False, size=8))
def test_conditioned_programs_keep_their_images_large(text: str) -> None:
    found: Graph = graph(text, "net")
    rates = {"drop_path": "p", "join": "drop"}
    paths = [node.op for node in found.nodes if node.op.word in rates]
    assert not any(getattr(op, rates[op.word]) for op in paths)  # none is left out at random
    normed = [node for node in found.nodes if node.op.word == "bn"]
    assert all(volume(node.shape[1:]) >= 64 for node in normed)


def volume(extents: tuple[int, ...]) -> int:
    product = 1
    for extent in extents:
        product *= extent
    return product
