"""Engines of random programs compute what the graph says, after all passes, some, or one."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archdsl.inference.passes.drop_idle import drop_idle
from archdsl.inference.passes.lower import lower
from archdsl.inference.pipeline import INFERENCE
from tests.backends.torch.interpreter import graph_of
from tests.passes.engines import agree_at_every_call
from tests.programs import programs

RANDOM = settings(deadline=None, suppress_health_check=list(HealthCheck))
REWRITES = INFERENCE[2:]  # what follows `drop_idle` and `lower`

# Small programs whose engines failed or computed other numbers.
FOUND = {
    "a random path beside merged convolutions": """input 8x8x8
        concat { | conv(1x1, 3) -> conv(3x3, 3)
                 | skip { conv(1x1, 4) -> conv(3x3, 8) -> drop_path(0.5) }
                 | relu -> conv(3x3, 3) }""",
    "a 1x1 convolution before a flattened pixel": """input 3x32x32
        conv(3x3, 8)
        avgpool(global)
        fc: conv(1x1, 10)
        flatten""",
    "a 1x1 convolution before a flattened image": """input 3x9x5
        a: conv(3x3, 4)
        v18: conv(1, 6, dilation=2)
        flatten -> linear(2)""",
    "a join that draws, of one convolution": """input 3x6x6
        join(drop=0.5) { | conv(1x1, 4) | join(drop=0.2) { | conv(3x3, 4) -> relu } }""",
    "paths of each image, scaled in training or in evaluation": """input 4x6x6
        skip { conv(3x3, 4) -> bn -> drop_path(0.3, mode=sample) }
        skip { relu -> drop_path(0.3, scale=train) } -> drop_path(1)""",
    "an auxiliary output that ends with what evaluation leaves out": """input 4x6x6
        conv(3x3, 4)
        side: aux(weight=0.3) { conv(1x1, 2) -> dropout2d(0.1) }
        relu""",
    "flat channels that are enough already": """input 12
        pad_channels(12) -> linear(2)""",
}


@pytest.mark.parametrize("body", FOUND.values(), ids=FOUND)
def test_a_program_that_failed(body: str) -> None:
    agree_at_every_call(graph_of(f"network net {{\n{body}\n}}"))


@settings(RANDOM, max_examples=30)
@given(programs(size=10))
def test_the_engine_of_a_program(text: str) -> None:
    agree_at_every_call(graph_of(text))


@settings(RANDOM, max_examples=20)
@given(programs(size=8), st.sampled_from(REWRITES))
def test_one_pass_alone(text: str, rewrite: object) -> None:
    agree_at_every_call(graph_of(text), (lower, rewrite))  # type: ignore[arg-type]


@settings(RANDOM, max_examples=20)
@given(programs(size=8), st.randoms(use_true_random=False), st.integers(1, len(REWRITES)))
def test_passes_in_any_order(text: str, shuffled: random.Random, count: int) -> None:
    some = shuffled.sample(REWRITES, count)
    agree_at_every_call(graph_of(text), (drop_idle, lower, *some))
