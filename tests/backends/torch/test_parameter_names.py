"""Generated constructors whose parameters have the names of ops, or of functions of PyTorch."""

from __future__ import annotations

import torch
from checking import graph

from archdsl.backends.torch import emit
from tests.backends.torch.interpreter import load

TEXT = """\
block unit(scale, linear, conv = 3) { conv(conv, linear) -> scale(scale) }
network n(dropout = 0.5) {
    input 3x4x4
    unit(0.5, 4) -> unit(0.25, 8, 5) -> dropout(dropout)
}
"""


def test_a_parameter_with_the_name_of_an_op_is_one_of_the_class() -> None:
    module = load(emit(graph(TEXT, "n")), "generated_names_of_ops")
    network = module.n(dropout=0.0).train()
    image = torch.ones(1, 3, 4, 4)
    first, second = network.unit1, network.unit2
    assert (first[0].out_channels, second[0].kernel_size) == (4, (5, 5))
    wanted = second[0](first[0](image) * 0.5) * 0.25
    assert torch.equal(network(image), wanted)
