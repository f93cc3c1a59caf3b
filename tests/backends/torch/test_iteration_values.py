"""Values of iterations that the network reads behind their loop."""

from __future__ import annotations

import torch
from checking import graph

from archdsl.backends.torch import emit
from tests.backends.torch.interpreter import load

TEXT = """\
network n {
    input 3x4x4
    convs: repeat i in range(3) { conv(3x3, 3) -> relu }
    parts: split 3 { conv(1x1, 2) }
    add { | @convs.0 | @convs.2 -> sigmoid }
    concat { | identity | @parts.1 | @parts }
}
"""


def test_code_returns_the_values_of_iterations() -> None:
    network = load(emit(graph(TEXT, "n")), "generated_iterations").n()
    image = torch.randn(2, 3, 4, 4)
    values = []
    last = image
    for layers in network.convs:
        last = layers(last)
        values.append(last)
    parts = [layer(part) for layer, part in zip(network.parts, last.chunk(3, 1), strict=True)]
    wanted = [values[0] + values[2].sigmoid(), parts[1], *parts]
    assert torch.equal(network(image), torch.cat(wanted, 1))
