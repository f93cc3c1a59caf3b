"""A safe fix leaves what a network computes as it is, to the last bit, with the same weights."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from interpreter import compiled, graph_of
from torch import Tensor

from archdsl.analyses.lints import LINTS
from archdsl.cli.fix import Fixer
from archdsl.diagnostics import Source

WORDS = """relu relu6 leaky_relu sigmoid maxpool(3x3,/1,pad=1) conv(3x3,4) identity act pair
    again(relu) dropout(0.5)"""
BLOCKS = """\
block act { relu }
block pair { relu -> c: conv(3x3, 4) -> relu }
inline block again(f) { f -> f }
"""


def bodies() -> st.SearchStrategy[str]:
    layer = st.sampled_from(WORDS.split())
    chain = st.lists(layer, min_size=1, max_size=4).map(" -> ".join)
    group = st.tuples(st.integers(0, 99), chain).map(lambda two: f"g{two[0]}: {{ {two[1]} }}")
    skip = chain.map(lambda text: f"skip {{ {text} }}")
    repeat = chain.map(lambda text: f"repeat 2 {{ {text} }}")
    return st.lists(st.one_of(layer, chain, group, skip, repeat), min_size=1, max_size=6).map(
        "\n    ".join
    )


def outputs(text: str, state: dict[str, Tensor] | None) -> tuple[dict[str, Tensor], Tensor]:
    torch.manual_seed(0)
    network = compiled(graph_of(text)).eval()
    network.load_state_dict(state if state is not None else network.state_dict())
    with torch.no_grad():
        return network.state_dict(), network(torch.randn(2, 4, 5, 5))


@settings(max_examples=30)
@given(bodies())
def test_networks_compute_the_same_before_and_after(body: str) -> None:
    text = f"{BLOCKS}network n {{\n    input 4x5x5\n    {body}\n}}\n"
    fixer = Fixer(LINTS)
    fixed, applied = fixer.fix(Source("case.arch", text))
    if not applied:
        assert fixed.text == text
        return
    state, expected = outputs(text, None)
    found_state, found = outputs(fixed.text, state)
    assert list(found_state) == list(state)
    assert torch.equal(found, expected)
    assert fixer.fix(fixed)[0].text == fixed.text
