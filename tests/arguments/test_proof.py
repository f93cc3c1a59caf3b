"""The proof finds classes that are right for the numbers of their network alone."""

from __future__ import annotations

import pytest

from archdsl import driver
from archdsl.diagnostics import Source
from archdsl.elaboration.modules import Library
from tests.arguments.blocks import prove_blocks
from tests.arguments.factories import elaborated, prove_factory
from tests.arguments.probes import network_value
from tests.arguments.proof import Effort, Proof

NOWHERE = Library(lambda name, importer: None)
SOURCE = Source(
    "test.arch",
    """
block unit(width, rate) {
  conv1: conv(3x3, 2 * width, bias=false) -> bn1: bn -> dropout1: dropout(rate)
  conv2: conv(1x1, width, bias=false)
}
network net(classes = 5) {
  input 4x8x8
  first: unit(4, 0.25)
  second: unit(4, 0.5)
  avgpool(global) -> flatten
  fc: linear(classes, bias=false)
}""",
)
TEXT = """
import torch
from torch import Tensor, nn


class Unit(nn.Module):
    def __init__(self, in_channels: int, width: int, rate: float) -> None:
        super().__init__()
        {check}
        self.conv1 = nn.Conv2d(in_channels, {made}, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d({normed})
        self.dropout1 = nn.Dropout({rate})
        self.conv2 = nn.Conv2d(2 * width, width, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv2(self.dropout1({flow}))


class Net(nn.Module):
    def __init__(self, classes: int) -> None:
        super().__init__()
        self.first = Unit(4, 4, 0.25)
        self.second = Unit(4, 4, 0.5)
        self.fc = nn.Linear(4, {classes}, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.second(self.first(x))
        return self.fc(x.mean((2, 3)))


def net({parameter}) -> Net:
    return Net({given})
"""
RIGHT = {
    "check": "",
    "made": "2 * width",
    "normed": "2 * width",
    "rate": "rate",
    "flow": "self.bn1(self.conv1(x))",
    "classes": "classes",
    "parameter": "classes: int = 5",
    "given": "classes",
}
BREAKS = 'if width != 4:\n            raise ValueError("Unit needs {}")'


def faults(**changes: str) -> list[str]:
    """What the proof finds in the generated file with some texts changed."""
    graph = elaborated(SOURCE, NOWHERE, driver.Request("net"))
    assert graph is not None
    text, proof = TEXT.format(**{**RIGHT, **changes}), Proof()
    prove_blocks(network_value(SOURCE, NOWHERE, "net"), graph, text, proof, Effort())
    prove_factory(SOURCE, NOWHERE, graph, text, proof, Effort())
    assert proof.faults or (proof.agreed["Unit"] > 4 and proof.agreed["net(classes)"] == 2)
    return [fault.why for fault in proof.faults]


def test_a_file_that_is_right_has_no_fault() -> None:
    assert faults() == []


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"made": "2 * in_channels", "normed": "2 * in_channels"}, "has the shape"),
        ({"made": "8"}, "has the shape"),
        ({"rate": "0.5"}, "dropout1.p is 0.5, not"),
        ({"flow": "self.bn1(self.conv1(x)).relu()"}, "other outputs"),
        ({"flow": "self.bn1(self.conv1(x)) if x.shape[1] == 4 else 1 / 0"}, "raises"),
        ({"check": BREAKS.format("width == 4")}, "refuses what its network has"),
        ({"classes": "5"}, "fc.weight has the shape (5, 4), not"),
        ({"parameter": "", "given": "5"}, "the factory does not take it"),
    ],
    ids=str,
)
def test_a_file_that_is_right_only_for_its_own_numbers_has_a_fault(
    changes: dict[str, str], why: str
) -> None:
    assert any(why in fault for fault in faults(**changes)), faults(**changes)
